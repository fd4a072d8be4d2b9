// A link against a WebSocket server written by hand: what it sends, what it takes, and all the ways it ends.

import type { IncomingMessage } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { parseSessionId } from '@sheaf/protocol';
import { decodeFrame, encodeMessage, workerMessageSchema } from '@sheaf/protocol/control-codec';
import type { CoordinatorMessage } from '@sheaf/protocol/messages';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { CoordinatorLink } from '../../../packages/worker/src/host/link.ts';
import { eventually } from './eventually.ts';

const welcome: CoordinatorMessage = { type: 'welcome', session: parseSessionId('1.1'), epoch: 1, keep: [], resume: [] };

async function startServer(onConnection: (socket: WebSocket, request: IncomingMessage) => void): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true });
  await new Promise(resolve => server.once('listening', resolve));
  server.on('connection', onConnection);
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function openLink(coordinatorUrl: string, token: string | null = null, silenceMsMax = 10_000) {
  const told: string[] = [];
  const messages: CoordinatorMessage[] = [];
  const link = new CoordinatorLink({
    ...{ coordinatorUrl, token, silenceMsMax, isKnown: false },
    onOpen: () => told.push('open'),
    onMessage: message => {
      messages.push(message);
      told.push(message.type);
    },
    onClosed: reason => told.push(`closed: ${reason}`),
  });
  onTestFinished(() => link.close());
  return { link, told, messages };
}

describe('a link', () => {
  it('carries messages both ways, with the token, uncompressed', async () => {
    const heard: unknown[] = [];
    let request: IncomingMessage | undefined;
    const url = await startServer((socket, upgrade) => {
      request = upgrade;
      socket.on('message', (data: Buffer) => heard.push(decodeFrame(data, workerMessageSchema)));
      socket.send(encodeMessage(welcome));
    });
    const { link, told, messages } = openLink(url, 'a-token');
    await eventually('the welcome', () => messages[0]);
    expect(messages[0]).toEqual(welcome);
    link.send({ type: 'heartbeat', running: 3 });
    await eventually('the heartbeat', () => heard[0]);
    expect(heard[0]).toEqual({ type: 'messages', messages: [{ type: 'heartbeat', running: 3 }] });
    expect(request?.url).toBe('/worker');
    expect(request?.headers.authorization).toBe('Bearer a-token');
    expect(request?.headers['sec-websocket-extensions']).toBe(undefined);
    link.close();
    await eventually('its end', () => told.some(each => each.startsWith('closed')));
    expect(told).toEqual(['open', 'welcome', 'closed: the worker has closed it']);
    link.send({ type: 'heartbeat', running: 0 });
  });

  it.each([
    ['bytes that are no message', (socket: WebSocket) => socket.send(Buffer.from([0xc1])), 'not used here'],
    ['text', (socket: WebSocket) => socket.send('{"type":"drain"}'), ''],
    ['a frame that is too large', (socket: WebSocket) => socket.send(Buffer.alloc(9_000_000)), 'Max payload size exceeded'],
    ['a close with a reason', (socket: WebSocket) => socket.close(4000, 'another connection came'), 'another connection came'],
    ['a cut', (socket: WebSocket) => socket.terminate(), 'the connection was lost'],
  ])('ends with %s, and says so once', async (_, act, reason) => {
    const url = await startServer(act);
    const { told } = openLink(url);
    const end = await eventually('its end', () => told.find(each => each.startsWith('closed')));
    expect(end).toContain(reason);
    expect(told.filter(each => !each.startsWith('closed'))).toEqual(['open']);
  });

  it('says that there is nobody', async () => {
    const { told } = openLink('ws://127.0.0.1:1');
    await eventually('its end', () => told[0]);
    expect(told[0]).toContain('ECONNREFUSED');
  });

  it('is refused for good by a coordinator that does not admit it', async () => {
    const server = createServer(socket => socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { told, messages } = openLink(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await eventually('its end', () => told.length === 2);
    expect(messages[0]).toMatchObject({ type: 'refused', retry: false, message: 'the token is missing or wrong' });
    expect(told[1]).toBe('closed: the coordinator answers 401');
  });

  it('takes a coordinator that has gone silent for lost', async () => {
    // It answers the upgrade and reads nothing after it, not even pings.
    const url = await startServer(socket => socket.pause());
    const begun = performance.now();
    const { told } = openLink(url, null, 1_500);
    await eventually('its end', () => told.find(each => each.startsWith('closed')));
    expect(told[1]).toBe('closed: the coordinator is silent');
    expect(performance.now() - begun).toBeGreaterThanOrEqual(1_500);
  });
});
