// Which ends HTTP does not reach: nobody listens, nobody takes the connection, nobody speaks HTTP. All of them are told apart
// from an end that answers, as there may be another way to them.

import { spawn } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { limits } from '@sheaf/protocol';
import { expect, it, onTestFinished } from 'vitest';
import { HttpAnswer, HttpGet, Unreachable } from '../../../packages/worker/src/host/http-get.ts';

async function open(port: number): Promise<unknown> {
  const get = new HttpGet({ token: null, connectionsMax: 2 });
  onTestFinished(() => get.close());
  const response = await get.open(new URL(`http://127.0.0.1:${port}/x`), new AbortController().signal);
  response.destroy();
  return response.statusCode;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A port whose owner stands still and whose queue is full: as behind a firewall, what is sent there is dropped. */
async function startFull(): Promise<number> {
  const code = `require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, function () { console.log(this.address().port) })`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const port = await new Promise<number>(resolve => child.stdout.once('data', (text: Buffer) => resolve(Number(text.toString()))));
  child.kill('SIGSTOP');
  // The queue takes a few before it is full.
  while (await isTaken(port));
  return port;
}

/** Whether a connection comes about within a second, which on one machine takes no time at all. It is kept. */
function isTaken(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false));
    const timer = setTimeout(() => resolve(false), 1_000);
    onTestFinished(() => {
      clearTimeout(timer);
      socket.destroy();
    });
  });
}

it('reaches who answers, whatever it answers', async () => {
  expect(await open(await listen(createHttpServer((_, response) => response.end())))).toBe(200);
  const refusing = await listen(createHttpServer((_, response) => response.writeHead(410).end()));
  await expect(open(refusing)).rejects.toThrow(HttpAnswer);
});

it('does not reach a port where nobody listens', async () => {
  await expect(open(1)).rejects.toThrow(Unreachable);
});

it('does not reach who speaks something else', async () => {
  const port = await listen(createServer(socket => socket.on('error', () => undefined).end('220 mail.example ESMTP\r\n')));
  await expect(open(port)).rejects.toThrow(Unreachable);
});

it('does not reach who takes no connection, and says so long before an answer would be late', async () => {
  const port = await startFull();
  const startedAt = performance.now();
  await expect(open(port)).rejects.toThrow(/takes no connection/);
  expect(performance.now() - startedAt).toBeLessThan(limits.fetchTimeoutMs);
});
