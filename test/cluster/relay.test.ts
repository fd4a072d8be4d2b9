// Workers that cannot reach each other: they listen nowhere, or where nobody comes to. Their map outputs go through the
// coordinator, and nothing else is different: the output is that of the inline run, also when one of them is killed.

import { expect, test } from 'vitest';
import { askedWhileFrozen, countedWords } from './harness/counted-words.ts';
import { fetchedBytesOf } from './harness/fetched-bytes.ts';
import { digestsOf, partsOf } from './harness/outputs.ts';
import { jobFile, paramsOf } from './harness/test-cluster.ts';
import { withCluster } from './harness/with-cluster.ts';

const words = countedWords();
const { input } = words;

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
    const { run, out, serving, reading } = await askedWhileFrozen(cluster, input);
    await serving.process.kill();
    await words.expectCounted(run, out);
    expect(cluster.gates.arrivals('reduce-').every(({ worker }) => worker === reading.process.pid)).toBe(true);
  }));

test.concurrent('the coordinator is killed while bytes go through it: they go on through the next, and no map runs again', () =>
  withCluster({ workers: [outbound('a'), outbound('b')] }, async cluster => {
    const { run, out, serving } = await askedWhileFrozen(cluster, input);
    await cluster.killCoordinator();
    await cluster.restartCoordinator();
    serving.process.unfreeze();
    await words.expectCounted(run, out);
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
    await words.expectCounted(run, out);
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
