// What a link does with an end that does not keep to the protocol: it says why, closes, and nothing else happens.

import { limits } from '@sheaf/protocol';
import { coordinatorMessageSchema, encodeMessage, serverMessageSchema } from '@sheaf/protocol/control-codec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientMessages, workerMessages } from '../../protocol/sample-messages.ts';
import { LiveCoordinator } from './live-coordinator.ts';

let live: LiveCoordinator;
beforeAll(async () => {
  live = await new LiveCoordinator().start();
});
afterAll(() => live.end());

const ends = [
  { path: '/worker', schema: coordinatorMessageSchema, hello: workerMessages.hello, other: workerMessages.heartbeat },
  { path: '/client', schema: serverMessageSchema, hello: clientMessages['client-hello'], other: clientMessages.watch },
] as const;

describe.each(ends)('$path', ({ path, schema, hello, other }) => {
  const connect = () => live.connect<{ type: string }, object>(path, schema as never);

  it('refuses another protocol version, and says both', async () => {
    const peer = await connect();
    peer.send({ ...hello, protocol: 7 });
    const refused = await peer.next('refused');
    expect(refused).toMatchObject({
      code: 'E_VERSION',
      retry: false,
      message: expect.stringContaining('speaks protocol 7, the coordinator'),
    });
    expect((await peer.closed).code).toBe(4010);
  });

  it.each<[string, Uint8Array | string, number]>([
    ['a message before the hello', encodeMessage(other), 4003],
    ['noise', Uint8Array.of(0xc1, 0xff, 0x00), 4002],
    ['text', '{"type":"hello"}', 4002],
    ['nothing', new Uint8Array(), 4002],
    ['an unknown field', encodeMessage({ ...hello, more: 1 }), 4002],
    ['an unknown message', encodeMessage({ type: 'sudo' }), 4002],
  ])('closes on %s', async (_, bytes, code) => {
    const peer = await connect();
    peer.sendBytes(bytes);
    const closed = await peer.closed;
    expect(closed.code).toBe(code);
    expect(closed.reason).toMatch(/^[\x20-\x7e]{1,123}$/);
  });

  it('closes on a second hello', async () => {
    const peer = await connect();
    peer.send(hello);
    peer.send(hello);
    expect((await peer.closed).code).toBe(4003);
  });

  it('closes on a frame past the limit without taking it in', async () => {
    const peer = await connect();
    peer.sendBytes(new Uint8Array(limits.frameBytesMax + 1));
    expect((await peer.closed).code).toBe(1009);
  });
});

it('waits for a hello no longer than it should', async () => {
  const silent = await Promise.all(ends.map(({ path, schema }) => live.connect(path, schema as never)));
  for (const { closed } of silent) expect(await closed).toEqual({ code: 4003, reason: `no hello within ${limits.helloDeadlineMs} ms` });
});

it('answers requests about jobs that nobody knows', async () => {
  const client = await live.client();
  client.send({ ...clientMessages.watch, request: 1 });
  expect(await client.next('rejected')).toMatchObject({ request: 1, kind: 'unknown-job' });
  client.send({ ...clientMessages.cancel, request: 2 });
  expect(await client.next('rejected')).toMatchObject({ request: 2, kind: 'unknown-job' });
});
