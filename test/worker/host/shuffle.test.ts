// Map outputs on their way from worker to worker: what the server gives and refuses, and what the localiser makes of it.

import { existsSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type AttemptId, attemptIdOf, epochOf, FailureError, limits, parseJobId, parseWorkerId } from '@sheaf/protocol';
import type { OutputLocation } from '@sheaf/protocol/messages';
import { describe, expect, it, onTestFinished } from 'vitest';
import { outputsIn } from '../../../packages/worker/src/executor/local-outputs.ts';
import { HttpGet } from '../../../packages/worker/src/host/http-get.ts';
import { HttpTransport } from '../../../packages/worker/src/host/http-transport.ts';
import { Localiser } from '../../../packages/worker/src/host/localiser.ts';
import { OutputTable } from '../../../packages/worker/src/host/output-table.ts';
import { ShuffleServer } from '../../../packages/worker/src/host/shuffle-server.ts';
import { writeRun } from './run-files.ts';
import { temporaryFolder } from './temporary.ts';

const job = parseJobId('jaaaaaaaaaaaa');
const attempt = (counter: number): AttemptId => attemptIdOf(epochOf(1), counter);
const hash = '0'.repeat(32);

interface Served {
  readonly address: string;
  readonly outputs: OutputTable;
}

async function startServer(token: string | null = null): Promise<Served> {
  const outputs = new OutputTable();
  const server = await ShuffleServer.start({ host: '127.0.0.1', port: 0, advertisedHost: '127.0.0.1', token, outputs });
  onTestFinished(() => server.close());
  return { address: server.address, outputs };
}

/** A finished output of task `task` on edge 3, served. */
function serveRun(server: Served, folder: string, task = 0, bodyBytes = 100) {
  const path = join(folder, `${task}`, 'edge-3.run');
  const bytes = writeRun(path, { job, stage: 1, task, attempt: attempt(task + 1), edge: 3 }, bodyBytes);
  const output = { job, edge: 3, task, attempt: attempt(task + 1), path, bytes };
  server.outputs.add(output);
  return output;
}

describe('the shuffle server', () => {
  const ask = (server: Served, path: string, init: RequestInit = {}): Promise<Response> => fetch(`http://${server.address}${path}`, init);

  it('gives what is asked for of an output', async () => {
    const server = await startServer();
    const output = serveRun(server, temporaryFolder());
    const file = readFileSync(output.path);
    const path = `/outputs/${job}/3/0/1.1`;
    const whole = await ask(server, path);
    expect(whole.status).toBe(200);
    expect(whole.headers.get('x-output-bytes')).toBe(String(output.bytes));
    expect(Buffer.from(await whole.arrayBuffer())).toEqual(file);
    const part = await ask(server, `${path}?from=10&length=50`);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(file.subarray(10, 60));
    const none = await ask(server, `${path}?from=${output.bytes}&length=0`);
    expect(none.status).toBe(200);
    expect((await none.arrayBuffer()).byteLength).toBe(0);
  });

  it.each([
    ['no such attempt', '/outputs/jaaaaaaaaaaaa/3/0/1.2', 404],
    ['no such job', '/outputs/jbbbbbbbbbbbb/3/0/1.1', 404],
    ['a path in place of an id', '/outputs/jaaaaaaaaaaaa/3/0/..%2f1.1', 404],
    ['another thing', '/', 404],
    ['no address at all', '//', 404],
    ['more than there is', '/outputs/jaaaaaaaaaaaa/3/0/1.1?from=0&length=100000', 416],
    ['more than a piece', `/outputs/jaaaaaaaaaaaa/3/0/1.1?length=${limits.fetchBytesMax + 1}`, 400],
    ['no number', '/outputs/jaaaaaaaaaaaa/3/0/1.1?from=-1', 400],
  ])('refuses %s', async (_, path, status) => {
    const server = await startServer();
    serveRun(server, temporaryFolder());
    expect((await ask(server, path)).status).toBe(status);
  });

  it('answers only GET, only with the token, and only for what is still whole', async () => {
    const server = await startServer('a-long-enough-token');
    const output = serveRun(server, temporaryFolder());
    const path = `/outputs/${job}/3/0/1.1`;
    const headers = { authorization: 'Bearer a-long-enough-token' };
    expect((await ask(server, path)).status).toBe(401);
    expect((await ask(server, path, { headers: { authorization: 'Bearer another' } })).status).toBe(401);
    expect((await ask(server, path, { headers, method: 'DELETE' })).status).toBe(405);
    expect((await ask(server, path, { headers })).status).toBe(200);
    truncateSync(output.path, 10);
    expect((await ask(server, path, { headers })).status).toBe(410);
    server.outputs.remove({ job, attempt: attempt(1) });
    expect((await ask(server, path, { headers })).status).toBe(404);
  });

  it('does not listen beyond this machine without a token', async () => {
    const start = ShuffleServer.start({ host: '0.0.0.0', port: 0, advertisedHost: 'here', token: null, outputs: new OutputTable() });
    await expect(start).rejects.toThrow('without a token');
  });
});

describe('the localiser', () => {
  function startLocaliser(machine = 'here', token: string | null = null) {
    const folder = temporaryFolder();
    const get = new HttpGet({ token, connectionsMax: limits.fetchesInFlightMax });
    const localiser = new Localiser({ machine, transport: new HttpTransport(get), folderOf: () => join(folder, 'fetched') });
    onTestFinished(async () => {
      await localiser.close();
      get.close();
    });
    const localise = (locations: readonly OutputLocation[], reader = 9) =>
      localiser.localise({
        job,
        attempt: attempt(reader),
        outputs: { 3: locations },
        readsOf: () => null,
        producerOf: () => 1,
        runOf: edge => edge,
      });
    return { localiser, localise, fetched: join(folder, 'fetched') };
  }

  const locationOf = (output: ReturnType<typeof serveRun>, address: string, host: string): OutputLocation => {
    const { task, path, bytes } = output;
    return { task, attempt: output.attempt, worker: parseWorkerId('wbbbbbbbb'), address, host, path, bytes, hash };
  };

  /** A server that answers as it is told, and counts how often it was asked. */
  async function startImpostor(listener: RequestListener): Promise<{ address: string; asked: () => number }> {
    let asked = 0;
    const server = createServer((request, response) => {
      asked++;
      listener(request, response);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked };
  }

  const lostOf = async (work: Promise<unknown>): Promise<FailureError['failure']> => {
    const error = await work.then(
      () => new Error('it did not fail'),
      (thrown: unknown) => thrown,
    );
    if (error instanceof FailureError) return error.failure;
    throw error;
  };

  it('opens an output of the same machine where it lies', async () => {
    const server = await startServer();
    const output = serveRun(server, temporaryFolder());
    const { localise, fetched } = startLocaliser('here');
    const sources = await localise([locationOf(output, '127.0.0.1:1', 'here')]);
    expect([...outputsIn(sources[3])]).toEqual([{ task: 0, attempt: '1.1', path: output.path }]);
    expect(existsSync(fetched)).toBe(false);
  });

  it('fetches outputs of another machine, each once, in pieces', async () => {
    const server = await startServer();
    const folder = temporaryFolder();
    const outputs = [
      serveRun(server, folder, 0, 2 * limits.fetchBytesMax + 17),
      serveRun(server, folder, 1),
      serveRun(server, folder, 2, 0),
    ];
    const { localise, fetched } = startLocaliser('there');
    const locations = outputs.map(output => locationOf(output, server.address, 'here'));
    const [first, second] = await Promise.all([localise(locations, 8), localise(locations, 9)]);
    expect([...outputsIn(second[3])]).toEqual([...outputsIn(first[3])]);
    [...outputsIn(first[3])].forEach(({ path }, i) => {
      expect(readFileSync(path).equals(readFileSync(outputs[i]?.path ?? ''))).toBe(true);
    });
    expect(readdirSync(fetched).sort()).toEqual(['3-0-1.1.run', '3-1-1.2.run', '3-2-1.3.run']);
    // What is here is not fetched again.
    server.outputs.remove({ job });
    expect([...outputsIn((await localise(locations, 10))[3])]).toEqual([...outputsIn(first[3])]);
  });

  it('asks with the token', async () => {
    const server = await startServer('a-long-enough-token');
    const location = locationOf(serveRun(server, temporaryFolder()), server.address, 'elsewhere');
    expect((await startLocaliser('here', 'a-long-enough-token').localise([location]))[3]?.task.length).toBe(1);
    expect((await lostOf(startLocaliser('here', 'a-wrong-token-here').localise([location]))).message).toContain('401');
  });

  it('fetches from the owner when the path does not lead to the output', async () => {
    const server = await startServer();
    const output = serveRun(server, temporaryFolder());
    const other = serveRun(server, temporaryFolder(), 1);
    const { localise, fetched } = startLocaliser('here');
    await localise([{ ...locationOf(output, server.address, 'here'), path: other.path }]);
    expect(readdirSync(fetched)).toEqual(['3-0-1.1.run']);
  });

  it('names the output that is gone, at once when its owner says so', async () => {
    const server = await startServer();
    const location = locationOf(serveRun(server, temporaryFolder()), server.address, 'elsewhere');
    server.outputs.remove({ job });
    const { localise, fetched } = startLocaliser();
    const failure = await lostOf(localise([location]));
    expect(failure.code).toBe('E_MAP_OUTPUT_LOST');
    expect(failure.lost).toEqual({ stage: 1, task: 0, attempt: '1.1' });
    expect(readdirSync(fetched)).toEqual([]);
  });

  it('asks an owner that does not answer three times', async () => {
    const impostor = await startImpostor((request, response) => {
      response.writeHead(200, { 'x-output-bytes': '400' }).write('too little');
      request.socket.destroy();
    });
    const { localise } = startLocaliser();
    const location = { ...locationOf(serveRun(await startServer(), temporaryFolder()), impostor.address, 'elsewhere'), bytes: 400 };
    expect((await lostOf(localise([location]))).code).toBe('E_MAP_OUTPUT_LOST');
    expect(impostor.asked()).toBe(limits.fetchAttemptsMax);
  });

  it('goes on where it stopped', async () => {
    const output = serveRun(await startServer(), temporaryFolder());
    const file = readFileSync(output.path);
    const impostor = await startImpostor((request, response) => {
      const from = Number(new URLSearchParams(request.url?.split('?')[1]).get('from'));
      const headers = { 'x-output-bytes': file.length };
      if (impostor.asked() === 1) response.writeHead(503).end();
      else if (impostor.asked() === 2) request.socket.destroy();
      else response.writeHead(200, headers).end(file.subarray(from));
    });
    const { localise } = startLocaliser();
    const sources = await localise([locationOf(output, impostor.address, 'elsewhere')]);
    expect(readFileSync(sources[3]?.paths[0] ?? '')).toEqual(file);
    expect(impostor.asked()).toBe(3);
  });

  it('does not take another output for the one it asked for', async () => {
    const other = serveRun(await startServer(), temporaryFolder(), 1);
    const impostor = await startImpostor((_, response) => {
      response.writeHead(200, { 'x-output-bytes': other.bytes }).end(readFileSync(other.path));
    });
    const { localise } = startLocaliser();
    const location = { ...locationOf(other, impostor.address, 'elsewhere'), task: 0 };
    expect((await lostOf(localise([location]))).message).toContain('another output');
  });

  it('gives up what nobody waits for any more, and only that', async () => {
    const output = serveRun(await startServer(), temporaryFolder());
    const waiting: (() => void)[] = [];
    const impostor = await startImpostor((_, response) => {
      waiting.push(() => response.writeHead(200, { 'x-output-bytes': output.bytes }).end(readFileSync(output.path)));
    });
    const { localiser, localise, fetched } = startLocaliser();
    const location = locationOf(output, impostor.address, 'elsewhere');
    const [first, second] = [lostOf(localise([location], 8)), localise([location], 9)];
    localiser.stop(attempt(8));
    expect((await first).message).toContain('nobody waits');
    await expect.poll(() => waiting.length).toBe(1);
    waiting[0]?.();
    expect((await second)[3]?.task).toHaveLength(1);
    expect(waiting.length).toBe(1);

    const third = lostOf(localise([{ ...location, attempt: attempt(77) }], 10));
    await expect.poll(() => waiting.length).toBe(2);
    localiser.stop(attempt(10));
    expect((await third).code).toBe('E_MAP_OUTPUT_LOST');
    expect(readdirSync(fetched)).toEqual(['3-0-1.1.run']);
  });

  it('leaves a job’s folder alone once it is closed', async () => {
    const output = serveRun(await startServer(), temporaryFolder());
    const impostor = await startImpostor(() => undefined);
    const { localiser, localise, fetched } = startLocaliser();
    const work = lostOf(localise([locationOf(output, impostor.address, 'elsewhere')]));
    await expect.poll(() => impostor.asked()).toBe(1);
    await localiser.closeJob(job);
    rmSync(fetched, { recursive: true });
    await work;
    expect(existsSync(fetched)).toBe(false);
  });
});
