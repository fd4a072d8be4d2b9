// Workers that cannot reach each other: they listen nowhere, or where nobody comes to. Their map outputs go through the
// coordinator, and nothing else is different: the output is that of the inline run, also when one of them is killed.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fetchedBytesOf } from './harness/fetched-bytes.ts';
import { type Expected, expectCounted, expectedCount } from './harness/gated-count.ts';
import { digestsOf, partsOf } from './harness/outputs.ts';
import { jobFile, paramsOf } from './harness/test-cluster.ts';
import { withCluster } from './harness/with-cluster.ts';
import { writeWords } from './harness/word-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-words-'));
const input = writeWords(folder);
let expected: Expected;

beforeAll(() =>
  withCluster({ workers: [] }, async cluster => {
    expected = await expectedCount(cluster, input);
  }),
);
afterAll(() => rmSync(folder, { recursive: true }));

const outbound = (machine: string) => ({ machine, args: ['--outbound-only'] });

test.concurrent('workers that listen nowhere send a wide shuffle through the coordinator', () =>
  withCluster({ workers: [outbound('a'), outbound('b'), outbound('c')] }, async cluster => {
    const [out, inlineOut] = [cluster.output('cluster'), cluster.output('inline')];
    const run = cluster.submitUngated('wide-shuffle', { in: input, out });
    expect((await run.ended).code, (await run.ended).stderr).toBe(0);
    const inline = cluster.command('run', jobFile('wide-shuffle'), ...paramsOf({ in: input, out: inlineOut }), '--inline', '--json');
    expect((await inline.ended).code, (await inline.ended).stderr).toBe(0);
    expect(digestsOf(partsOf(out))).toEqual(digestsOf(partsOf(inlineOut)));
    const moved = await Promise.all(cluster.workers.map(worker => fetchedBytesOf(cluster, worker)));
    expect(moved.map(({ fetchedBytes }) => fetchedBytes)).toEqual([0, 0, 0]);
    // Over 10 MB go through the shuffle, most of them from one machine to another.
    expect(moved.reduce((sum, { relayedBytes }) => sum + relayedBytes, 0)).toBeGreaterThan(5_000_000);
    expect(await cluster.workersKnown()).toMatchObject([{ address: null }, { address: null }, { address: null }]);
  }));

test.concurrent('one of them is killed while it is asked: its maps run again, and their reader goes on', () =>
  withCluster({ workers: [outbound('a'), outbound('b')] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('map-4', 'map-5');
    const run = cluster.submit('gated-count', { in: input, out });
    const serving = await cluster.workerAtGate('map-4');
    const reading = await cluster.workerAtGate('map-5');
    cluster.gates.open('map-4');
    const job = await run.job();
    await cluster.until('five maps are done', async () => (await cluster.status(job)).stages[0]?.done === 5);
    // It still looks connected, and answers nothing, when the last map ends and all reducers are assigned.
    serving.process.freeze();
    cluster.gates.open('map-5');
    await cluster.until('the reducers are assigned', async () => (await cluster.status(job)).stages[1]?.running === 2);
    await serving.process.kill();
    await expectCounted(run, out, expected);
    expect(cluster.gates.arrivals('reduce-').every(({ worker }) => worker === reading.process.pid)).toBe(true);
  }));

test.concurrent('the coordinator is killed while bytes go through it: they go on through the next, and no map runs again', () =>
  withCluster({ workers: [outbound('a'), outbound('b')] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('map-4', 'map-5');
    const run = cluster.submit('gated-count', { in: input, out });
    const serving = await cluster.workerAtGate('map-4');
    await cluster.workerAtGate('map-5');
    cluster.gates.open('map-4');
    const job = await run.job();
    await cluster.until('five maps are done', async () => (await cluster.status(job)).stages[0]?.done === 5);
    serving.process.freeze();
    cluster.gates.open('map-5');
    await cluster.until('the reducers are assigned', async () => (await cluster.status(job)).stages[1]?.running === 2);
    await cluster.killCoordinator();
    await cluster.restartCoordinator();
    serving.process.unfreeze();
    await expectCounted(run, out, expected);
    expect(Object.values(cluster.gates.timesBegun('map'))).toEqual([1, 1, 1, 1, 1, 1]);
  }));

test.concurrent('a worker that advertises where nobody listens is asked through the coordinator', () =>
  withCluster({ workers: [{ machine: 'a', args: ['--advertise', '127.0.0.9'] }] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('reduce');
    const run = cluster.submit('gated-count', { in: input, out });
    await cluster.workerAtGate('reduce-0');
    const [reader] = await cluster.addWorkers([{ machine: 'b' }]);
    if (reader === undefined) throw new Error('there is one worker more');
    await cluster.until('the other one reads', () => cluster.gates.arrivals('reduce-').some(({ worker }) => worker === reader.process.pid));
    cluster.gates.open('reduce');
    await expectCounted(run, out, expected);
    const { fetchedBytes, relayedBytes } = await fetchedBytesOf(cluster, reader);
    expect(fetchedBytes).toBe(0);
    expect(relayedBytes).toBeGreaterThan(0);
    expect(reader.process.stderr).toContain('a worker cannot be reached; its map outputs are asked for through the coordinator');
  }));

test.concurrent('a worker that listens nowhere has no port to name', () =>
  withCluster({ workers: [] }, async cluster => {
    const { code, stderr } = await cluster.command('worker', '--outbound-only', '--port', '7078').ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/--outbound-only.*--port/);
  }));
