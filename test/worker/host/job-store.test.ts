// What a worker fetches of a job: verified, once, and gone when the job is.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { FailureError, parseJobId } from '@sheaf/protocol';
import type { JobOpening } from '@sheaf/protocol/messages';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HttpGet } from '../../../packages/worker/src/host/http-get.ts';
import { JobStore } from '../../../packages/worker/src/host/job-store.ts';
import { temporaryFolder } from './temporary.ts';

const job = parseJobId('jaaaaaaaaaaaa');
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A coordinator that has the given blobs; `answer` may do something else with a request. */
async function startStore(
  blobs: readonly string[],
  answer: (sha256: string, response: ServerResponse) => boolean = () => false,
  near?: string,
) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const sha256 = request.url?.replace('/blobs/', '') ?? '';
    asked.push(sha256);
    if (answer(sha256, response)) return;
    const blob = blobs.find(each => hashOf(each) === sha256);
    response.writeHead(blob === undefined ? 404 : 200).end(blob);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const directory = temporaryFolder();
  const get = new HttpGet({ token: null, connectionsMax: 4 });
  const store = new JobStore({ directory, get, coordinatorUrl: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, blobs: near });
  onTestFinished(() => {
    get.close();
    server.closeAllConnections();
    server.close();
  });
  return { store, directory, asked };
}

function openingOf(more: Partial<JobOpening> = {}): JobOpening {
  const graph = JSON.stringify({ settings: { heapMb: 300, taskTimeoutMs: 5_000 }, edges: [{ from: 4, to: 5 }], stages: [] });
  const plain = { name: 'test', graphHash: hashOf(graph), params: new Uint8Array([1]), blobs: {}, nonces: [] };
  return { job, bundle: hashOf('bundle'), sourceMap: hashOf('map'), graph, ...plain, ...more };
}

const failureOf = async (work: Promise<unknown>): Promise<FailureError['failure']> => {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof FailureError) return thrown.failure;
  throw new Error(`no failure: ${String(thrown)}`);
};

describe('the job store', () => {
  it('fetches bundle, source map and spools', async () => {
    const { store, asked } = await startStore(['bundle', 'map', 'items']);
    const blobs = { '0.0': hashOf('items'), '0.1': hashOf('items') };
    const prepared = await store.prepare(openingOf({ blobs }));
    if (prepared === null) throw new Error('it was deleted');
    const { bundlePath, spools } = prepared.executorJob;
    expect(readFileSync(bundlePath, 'utf8')).toBe('bundle');
    expect(readFileSync(`${bundlePath}.map`, 'utf8')).toBe('map');
    expect(readFileSync(spools['0.0'] ?? '', 'utf8')).toBe('items');
    expect(spools['0.1']).toBe(spools['0.0']);
    expect(asked.length).toBe(3);
    expect(prepared.settings).toEqual({ heapMb: 300, taskTimeoutMs: 5_000 });
    expect(prepared.producerOf(0)).toBe(4);
    expect(store.get(job)).toBe(prepared);
  });

  it('knows which runs are cut into the partitions that tasks are told to read', async () => {
    const { store } = await startStore(['bundle', 'map']);
    const shuffle = (partitioner: object) => ({ type: 'shuffle', from: 0, to: 1, shuffle: { partitioner } });
    const edges = [shuffle({ type: 'hash' }), shuffle({ type: 'range', splitters: 2 }), { type: 'broadcast', from: 0, to: 1 }];
    const graph = JSON.stringify({ settings: { heapMb: 300, taskTimeoutMs: 5_000 }, edges, stages: [] });
    const prepared = await store.prepare(openingOf({ graph }));
    expect(edges.map((_, edge) => prepared?.isPartitioned(edge))).toEqual([true, false, false]);
  });

  it('copies what lies on its machine, where that is what its name says', async () => {
    const near = temporaryFolder();
    writeFileSync(join(near, hashOf('bundle')), 'bundle');
    writeFileSync(join(near, hashOf('map')), 'half of the m');
    const { store, asked } = await startStore(['bundle', 'map', 'items'], undefined, near);
    const prepared = await store.prepare(openingOf({ blobs: { '0.0': hashOf('items') } }));
    const { bundlePath = '' } = prepared?.executorJob ?? {};
    expect(readFileSync(bundlePath, 'utf8')).toBe('bundle');
    expect(readFileSync(`${bundlePath}.map`, 'utf8')).toBe('map');
    expect(asked.sort()).toEqual([hashOf('items'), hashOf('map')].sort());
  });

  it('tries again what came damaged or not at all', async () => {
    let answers = 0;
    const { store } = await startStore(['bundle'], (_, response) => {
      answers++;
      if (answers === 1) response.writeHead(200).end('bundel');
      else if (answers === 2) response.destroy();
      return answers <= 2;
    });
    expect(await store.prepare(openingOf({ sourceMap: null }))).not.toBe(null);
  });

  it('says what cannot be fetched', async () => {
    const { store, directory } = await startStore(['bundle']);
    const failure = await failureOf(store.prepare(openingOf()));
    expect(failure).toMatchObject({ code: 'E_INTERNAL', message: expect.stringContaining('404') });
    expect(readdirSync(join(directory, job)).filter(name => name.endsWith('.partial'))).toEqual([]);
    expect(store.get(job)).toBe(undefined);
  });

  it('refuses a job whose output folder it does not see as the coordinator does', async () => {
    const { store } = await startStore(['bundle', 'map']);
    const path = join(temporaryFolder(), 'nonce');
    writeFileSync(path, 'right');
    expect(await store.prepare(openingOf({ nonces: [{ path, text: 'right' }] }))).not.toBe(null);
    const wrong = await failureOf(store.prepare(openingOf({ nonces: [{ path, text: 'other' }] })));
    expect(wrong).toMatchObject({ code: 'E_STORAGE_NOT_SHARED', message: expect.stringContaining('another file lies there') });
  });

  it('waits a while for a nonce that storage shows late', async () => {
    const { store } = await startStore(['bundle', 'map']);
    const path = join(temporaryFolder(), 'nonce');
    const prepared = store.prepare(openingOf({ nonces: [{ path, text: 'late' }] }));
    await expect.poll(() => existsSync(join(store.folderOf(job), 'bundle.mjs'))).toBe(true);
    writeFileSync(path, 'late');
    expect(await prepared).not.toBe(null);
  });

  it('gives up preparing a job that is deleted, and can prepare it again', async () => {
    let held = false;
    const { store, directory, asked } = await startStore(['bundle', 'map'], () => !held);
    const first = store.prepare(openingOf());
    await expect.poll(() => asked.length).toBe(2);
    held = true;
    const deleted = store.delete(job, async () => undefined);
    const second = store.prepare(openingOf());
    expect(await first).toBe(null);
    await deleted;
    expect((await second)?.executorJob.job).toBe(job);
    expect(readdirSync(join(directory, job)).sort()).toEqual(['bundle.mjs', 'bundle.mjs.map']);
    await store.delete(job, async () => undefined);
    expect(readdirSync(directory)).toEqual([]);
  });
});
