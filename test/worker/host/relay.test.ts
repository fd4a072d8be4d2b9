// Map outputs of a worker that cannot be reached: when they are asked for through the coordinator, in which pieces, and what
// becomes of a question that is refused, late, or cut off. A wire between the two ends stands for the coordinator.

import { readFileSync, truncateSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type AttemptId, attemptIdOf, epochOf, limits, parseJobId, parseWorkerId } from '@sheaf/protocol';
import type { ChunkAnswer, ChunkRefusal, OutputChunk } from '@sheaf/protocol/messages';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FetchRoutes } from '../../../packages/worker/src/host/fetch-routes.ts';
import type { FetchTransport } from '../../../packages/worker/src/host/fetch-transport.ts';
import { HttpGet } from '../../../packages/worker/src/host/http-get.ts';
import { HttpTransport } from '../../../packages/worker/src/host/http-transport.ts';
import { Localiser } from '../../../packages/worker/src/host/localiser.ts';
import { OutputTable, type ServedOutput } from '../../../packages/worker/src/host/output-table.ts';
import { RelayServer } from '../../../packages/worker/src/host/relay-server.ts';
import { RelayTransport } from '../../../packages/worker/src/host/relay-transport.ts';
import { writeRun } from './run-files.ts';
import { temporaryFolder } from './temporary.ts';

const job = parseJobId('jaaaaaaaaaaaa');
const attempt = (counter: number): AttemptId => attemptIdOf(epochOf(1), counter);
const worker = parseWorkerId('wbbbbbbbb');
const never = new AbortController().signal;

/** A finished output on edge 3, in the owner's table. */
function serveRun(outputs: OutputTable, bodyBytes = 100): ServedOutput {
  const name = { job, edge: 3, task: 0, attempt: attempt(1) };
  const path = join(temporaryFolder(), 'edge-3.run');
  const output = { ...name, path, bytes: writeRun(path, { ...name, stage: 1 }, bodyBytes) };
  outputs.add(output);
  return output;
}

/** The owner, and a transport that leads to it. */
class Wire {
  readonly outputs = new OutputTable();
  readonly transport: RelayTransport;
  readonly asked: OutputChunk[] = [];
  /** What is answered in place of the owner, once each. */
  readonly instead: (ChunkAnswer | 'nothing')[] = [];
  private readonly server = new RelayServer(this.outputs);

  constructor(answerMs = 60_000) {
    this.transport = new RelayTransport(answerMs);
    this.link();
  }

  link(): void {
    this.transport.linked(message => {
      if (message.type !== 'fetch') throw new Error(`${message.type} is no question`);
      const { request, output, from, length } = message;
      this.asked.push({ output, from, length });
      const answer = this.instead.shift();
      if (answer === 'nothing') return;
      if (answer !== undefined) this.transport.answered(request, answer);
      else
        void this.server.serve(request, message, (reply, left) => {
          left();
          if (reply.type === 'fetched') this.transport.answered(request, reply.answer);
        });
    });
  }
}

const refusal = (why: ChunkRefusal): ChunkAnswer => ({ type: 'refused', why });

async function readAll(transport: FetchTransport, output: ServedOutput, address: string | null = null): Promise<Buffer> {
  const { path: _, bytes, ...name } = output;
  const chunks: Uint8Array[] = [];
  const request = { owner: { worker, address }, output: name, bytes, range: { from: 0, to: bytes }, signal: never };
  for await (const piece of transport.read(request)) chunks.push(piece.bytes);
  return Buffer.concat(chunks);
}

function startLocaliser(transport: FetchTransport) {
  const folder = join(temporaryFolder(), 'fetched');
  const localiser = new Localiser({ machine: 'here', transport, folderOf: () => folder });
  onTestFinished(() => localiser.close());
  const bring = async ({ task, path, bytes }: ServedOutput, address: string | null): Promise<Buffer> => {
    const location = { task, attempt: attempt(1), worker, address, host: 'there', path, bytes, hash: '0'.repeat(32) };
    const request = {
      job,
      attempt: attempt(9),
      outputs: { 3: [location] },
      readsOf: () => null,
      producerOf: () => 1,
      runOf: (edge: number) => edge,
    };
    return readFileSync((await localiser.localise(request))[3]?.paths[0] ?? '');
  };
  return { localiser, bring };
}

describe('an owner that is asked through the coordinator', () => {
  const ask = (outputs: OutputTable, chunk: OutputChunk): Promise<ChunkAnswer> =>
    new Promise((resolve, reject) => {
      void new RelayServer(outputs).serve(1, chunk, (message, left) => {
        left();
        if (message.type === 'fetched') resolve(message.answer);
        else reject(new Error(message.type));
      });
    });

  it('gives the bytes that are asked for', async () => {
    const outputs = new OutputTable();
    const { path, bytes, ...output } = serveRun(outputs);
    const answer = await ask(outputs, { output, from: 10, length: 50 });
    expect(answer).toEqual({ type: 'bytes', outputBytes: bytes, bytes: readFileSync(path).subarray(10, 60) });
  });

  it('has only what is in its table and whole', async () => {
    const outputs = new OutputTable();
    const { path, bytes, ...output } = serveRun(outputs);
    const gone = refusal('gone');
    expect(await ask(outputs, { output: { ...output, task: 1 }, from: 0, length: 1 })).toEqual(gone);
    expect(await ask(outputs, { output: { ...output, attempt: '../1.1' as AttemptId }, from: 0, length: 1 })).toEqual(gone);
    expect(await ask(outputs, { output, from: bytes - 1, length: 2 })).toEqual(gone);
    truncateSync(path, bytes - 1);
    expect(await ask(outputs, { output, from: 0, length: 1 })).toEqual(gone);
  });

  it('takes no more at once than it may, until its answers have left', async () => {
    const outputs = new OutputTable();
    const { path: _, bytes: __, ...output } = serveRun(outputs);
    const server = new RelayServer(outputs);
    const answers: string[] = [];
    const leaving: (() => void)[] = [];
    const serve = (request: number) =>
      server.serve(request, { output, from: 0, length: 1 }, (message, left) => {
        if (message.type === 'fetched') answers.push(message.answer.type);
        leaving.push(left);
      });
    for (let request = 0; request <= limits.relaysPerOwnerMax; request++) void serve(request);
    await expect.poll(() => answers.length).toBe(limits.relaysPerOwnerMax + 1);
    expect(answers.sort()).toEqual([...new Array(limits.relaysPerOwnerMax).fill('bytes'), 'refused']);
    await serve(100);
    expect(answers.at(-1)).toBe('refused');
    for (const left of leaving) left();
    await serve(101);
    expect(answers.at(-1)).toBe('bytes');
  });
});

describe('a fetch through the coordinator', () => {
  it('asks for one chunk after the other', async () => {
    const wire = new Wire();
    const output = serveRun(wire.outputs, 2 * limits.relayBytesMax);
    expect((await readAll(wire.transport, output)).equals(readFileSync(output.path))).toBe(true);
    expect(wire.asked.map(({ from }) => from)).toEqual([0, limits.relayBytesMax, 2 * limits.relayBytesMax]);
    expect(wire.asked.every(({ length }) => length <= limits.relayBytesMax)).toBe(true);
  });

  it.each([
    ['gone', 'never', 'has it no more'],
    ['busy', 'later', 'too much'],
    ['away', 'soon', 'is not connected'],
    ['silent', 'soon', 'does not answer'],
  ] as const)('that is refused as %s may be tried again: %s', async (why, hope, message) => {
    const wire = new Wire();
    wire.instead.push(refusal(why));
    const output = serveRun(wire.outputs);
    await expect(readAll(wire.transport, output)).rejects.toMatchObject({ hope, message: expect.stringContaining(message) });
  });

  it('does not take another output, or fewer bytes, for what it asked for', async () => {
    const wire = new Wire();
    const output = serveRun(wire.outputs);
    const short = new Uint8Array(10);
    wire.instead.push({ type: 'bytes', outputBytes: output.bytes + 1, bytes: short });
    await expect(readAll(wire.transport, output)).rejects.toThrow(`not ${output.bytes}`);
    wire.instead.push({ type: 'bytes', outputBytes: output.bytes, bytes: short });
    await expect(readAll(wire.transport, output)).rejects.toThrow('sent 10 bytes');
  });

  it('has a deadline, ends with the link, and with whoever waits for it', async () => {
    const wire = new Wire(30);
    const output = serveRun(wire.outputs);
    wire.instead.push('nothing', 'nothing', 'nothing');
    await expect(readAll(wire.transport, output)).rejects.toMatchObject({ hope: 'soon' });
    const cut = readAll(wire.transport, output);
    wire.transport.unlinked();
    await expect(cut).rejects.toMatchObject({ hope: 'later' });
    await expect(readAll(wire.transport, output)).rejects.toMatchObject({ hope: 'later' });
    wire.link();
    const abort = new AbortController();
    const { path: _, bytes, ...name } = output;
    const request = { owner: { worker, address: null }, output: name, bytes, range: { from: 0, to: 1 }, signal: abort.signal };
    const stopped = wire.transport.read(request).next();
    abort.abort(new Error('nobody waits'));
    await expect(stopped).rejects.toThrow('nobody waits');
    // An answer that comes too late is nobody's.
    wire.transport.answered(1, refusal('gone'));
    expect(await readAll(wire.transport, output)).toEqual(readFileSync(output.path));
  });

  it('goes on when the link is back, and where it stopped', async () => {
    const wire = new Wire();
    const output = serveRun(wire.outputs, limits.relayBytesMax + 100);
    const { bring, localiser } = startLocaliser(wire.transport);
    wire.instead.push('nothing');
    const bringing = bring(output, null);
    await expect.poll(() => wire.asked.length).toBeGreaterThan(0);
    wire.transport.unlinked();
    wire.link();
    expect((await bringing).equals(readFileSync(output.path))).toBe(true);
    expect(await localiser.closeJob(job)).toEqual({ direct: 0, relayed: output.bytes });
  });
});

describe('the way to an owner', () => {
  async function listen(server: ReturnType<typeof createServer> | ReturnType<typeof createHttpServer>): Promise<string> {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  function startRoutes(unreachableMs = 60_000) {
    const wire = new Wire();
    const get = new HttpGet({ token: null, connectionsMax: limits.fetchesInFlightMax });
    onTestFinished(() => get.close());
    const logger = pino({ level: 'silent' });
    const routes = new FetchRoutes({ direct: new HttpTransport(get), relay: wire.transport, logger, unreachableMs });
    return { wire, routes };
  }

  /** A service that is no HTTP: it hangs up on everybody, with a greeting of its own. */
  async function startStranger(): Promise<{ address: string; calls: () => number }> {
    let calls = 0;
    const address = await listen(
      createServer((socket: Socket) => {
        calls++;
        socket.on('error', () => undefined);
        socket.end('SSH-2.0-stranger\r\n');
      }),
    );
    return { address, calls: () => calls };
  }

  it('is the relay where nobody listens, and the failure of both is told', async () => {
    const { wire, routes } = startRoutes();
    const output = serveRun(wire.outputs);
    expect(await readAll(routes, output, '127.0.0.1:1')).toEqual(readFileSync(output.path));
    wire.instead.push(refusal('away'));
    await expect(readAll(routes, output, '127.0.0.1:1')).rejects.toThrow(/ECONNREFUSED.*is not connected to the coordinator/);
  });

  it('is not tried again for a while', async () => {
    const { wire, routes } = startRoutes();
    const output = serveRun(wire.outputs);
    const stranger = await startStranger();
    const another = await startStranger();
    for (let i = 0; i < 3; i++) expect(await readAll(routes, output, stranger.address)).toEqual(readFileSync(output.path));
    await readAll(routes, output, another.address);
    expect([stranger.calls(), another.calls()]).toEqual([1, 1]);
  });

  it('is tried again after that while', async () => {
    const { wire, routes } = startRoutes(0);
    const output = serveRun(wire.outputs);
    const stranger = await startStranger();
    for (let i = 0; i < 2; i++) await readAll(routes, output, stranger.address);
    expect(stranger.calls()).toBe(2);
  });

  it.each([404, 410, 503])('stays the direct one when the owner answers %i', async status => {
    const { wire, routes } = startRoutes();
    const address = await listen(createHttpServer((_, response) => response.writeHead(status).end()));
    await expect(readAll(routes, serveRun(wire.outputs), address)).rejects.toMatchObject({ status });
    expect(wire.asked).toEqual([]);
  });

  it('is counted apart', async () => {
    const { wire, routes } = startRoutes();
    const output = serveRun(wire.outputs);
    const file = readFileSync(output.path);
    const headers = { 'x-output-bytes': file.length };
    const direct = startLocaliser(routes);
    expect(await direct.bring(output, await listen(createHttpServer((_, response) => response.writeHead(200, headers).end(file))))).toEqual(
      file,
    );
    expect(await direct.localiser.closeJob(job)).toEqual({ direct: file.length, relayed: 0 });
    const relayed = startLocaliser(routes);
    expect(await relayed.bring(output, '127.0.0.1:1')).toEqual(file);
    expect(await relayed.localiser.closeJob(job)).toEqual({ direct: 0, relayed: file.length });
  });
});
