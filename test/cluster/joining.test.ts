// Workers come and go while a job runs: they join, are told to end, are drained, lose their link for a moment or for too long,
// stand still until they are given up. What they say afterwards counts for nothing, and no output shows any of it.

import { expect, test } from 'vitest';
import { countedWords } from './harness/counted-words.ts';
import { CuttableLink } from './harness/cuttable-link.ts';
import { filesBelow } from './harness/outputs.ts';
import type { TestCluster, TestWorker } from './harness/test-cluster.ts';
import { withCluster } from './harness/with-cluster.ts';

const words = countedWords();
const { input } = words;

/** What the coordinator says of a worker now; one that is given up and has nothing any more is forgotten. */
async function stateOf(cluster: TestCluster, { id }: TestWorker): Promise<string> {
  return (await cluster.workersKnown()).find(worker => worker.id === id)?.state ?? 'lost';
}

test.concurrent('one joins, and another is told to end: it hands back what it runs and ends with 0', () =>
  withCluster({ workers: [{}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('map-2', 'map-3');
    const run = cluster.submit('gated-count', { in: input, out });
    const leaving = await cluster.workerAtGate('map-2');
    const [joining] = await cluster.addWorkers([{}]);
    expect(await cluster.workerAtGate('map-3')).toBe(joining);
    leaving.process.signal('SIGTERM');
    expect(await leaving.process.ended).toMatchObject({ code: 0 });
    // Its finished outputs stay for a next life.
    expect(filesBelow(leaving.directory).filter(path => path.endsWith('.run'))).toHaveLength(2);
    cluster.gates.open('map-2', 'map-3');
    await words.expectCounted(run, out);
    expect(cluster.gates.arrivals('reduce-').every(({ worker }) => worker === joining?.process.pid)).toBe(true);
    // Started again it finds that nobody needs them.
    await cluster.restartWorker(leaving);
  }));

test.concurrent('one is drained by command', () =>
  withCluster({ workers: [{}, {}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('map-4');
    const run = cluster.submit('gated-count', { in: input, out });
    const leaving = await cluster.workerAtGate('map-4');
    const { code, stdout } = await cluster.command('drain', leaving.id).ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${leaving.id} draining\n` });
    expect(await leaving.process.ended).toMatchObject({ code: 0 });
    cluster.gates.open('map-4');
    await words.expectCounted(run, out);
    expect(cluster.gates.timesBegun('map')['map-4']).toBe(2);
    await cluster.restartWorker(leaving);
  }));

test.concurrent('a link is cut for a moment: what runs behind it goes on', () =>
  withCluster({ workers: [] }, async cluster => {
    const link = await CuttableLink.to(Number(new URL(cluster.url).port));
    const [worker] = await cluster.addWorkers([{ url: link.url }]);
    const out = cluster.output('counts');
    cluster.gates.close('map-2');
    const run = cluster.submit('gated-count', { in: input, out });
    await cluster.workerAtGate('map-2');
    const sessionOf = async (): Promise<unknown> => (await cluster.ask<readonly { session: unknown }[]>('/workers'))[0]?.session;
    const before = await sessionOf();
    await link.cut();
    await link.mend();
    await cluster.until('it is back', async () => (await stateOf(cluster, worker!)) === 'connected' && (await sessionOf()) !== before);
    cluster.gates.open('map-2');
    await words.expectCounted(run, out);
    await cluster.stopWorker(worker!);
    await link.cut();
  }));

test.concurrent('a link is cut for too long: the task is done elsewhere, and the first worker is not listened to', () =>
  withCluster({ workers: [] }, async cluster => {
    const link = await CuttableLink.to(Number(new URL(cluster.url).port));
    const [worker] = await cluster.addWorkers([{ url: link.url }]);
    const out = cluster.output('counts');
    cluster.gates.close('map-2', 'reduce-0');
    const run = cluster.submit('gated-count', { in: input, out });
    await cluster.workerAtGate('map-2');
    await link.cut();
    await cluster.until('it is given up', async () => (await stateOf(cluster, worker!)) === 'lost');
    await cluster.addWorkers([{}]);
    // Both go on with the same task; only one is heard.
    cluster.gates.open('map-2');
    await cluster.workerAtGate('reduce-0');
    await link.mend();
    await cluster.until('it is back', async () => (await stateOf(cluster, worker!)) === 'connected');
    cluster.gates.open('reduce-0');
    await words.expectCounted(run, out);
    await cluster.stopWorker(worker!);
    await link.cut();
  }));

test.concurrent('a worker stands still until it is given up, and then says that it has succeeded', () =>
  withCluster({ workers: [{}, {}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('map-4', 'reduce-1');
    const run = cluster.submit('gated-count', { in: input, out });
    const frozen = await cluster.workerAtGate('map-4');
    frozen.process.freeze();
    // Its executor does not stand still: what it finishes waits to be told.
    cluster.gates.open('map-4');
    await cluster.until('it is given up', async () => (await stateOf(cluster, frozen)) === 'lost');
    await cluster.workerAtGate('reduce-1');
    frozen.process.unfreeze();
    await cluster.until('it is back', async () => (await stateOf(cluster, frozen)) === 'connected');
    cluster.gates.open('reduce-1');
    await words.expectCounted(run, out);
    expect(cluster.gates.timesBegun('map')['map-4']).toBe(2);
  }));

test.concurrent('the coordinator stands still for longer than a silent worker may: none is given up for it', () =>
  withCluster({ workers: [{}, {}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('map-4', 'map-5');
    const run = cluster.submit('gated-count', { in: input, out });
    await Promise.all(['map-4', 'map-5'].map(gate => cluster.workerAtGate(gate)));
    cluster.coordinator?.freeze();
    await Promise.all(cluster.workers.map(worker => worker.process.says(/the coordinator is silent/)));
    cluster.coordinator?.unfreeze();
    cluster.gates.open('map-4', 'map-5');
    await words.expectCounted(run, out);
    expect(Object.values(cluster.gates.timesBegun('map'))).toEqual([1, 1, 1, 1, 1, 1]);
  }));

test.concurrent('the coordinator is told to end, and started again: the job goes on', () =>
  withCluster({ workers: [{}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('map-2');
    const run = cluster.submit('gated-count', { in: input, out });
    await cluster.workerAtGate('map-2');
    cluster.coordinator?.signal('SIGTERM');
    expect(await cluster.coordinator?.ended).toMatchObject({ code: 0 });
    await cluster.restartCoordinator();
    cluster.gates.open('map-2');
    await words.expectCounted(run, out);
    expect(Object.values(cluster.gates.timesBegun('map'))).toEqual([1, 1, 1, 1, 1, 1]);
  }));
