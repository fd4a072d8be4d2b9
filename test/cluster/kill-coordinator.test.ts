// The coordinator killed with -9 at exact moments and started again on its state and port: before any task, in maps, while map
// outputs are fetched, in a reduce, in the commit; and together with a worker. Workers go on meanwhile and the submitter waits:
// no task runs twice that need not, and output and counters are those of the inline run and of the oracle.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { askedWhileFrozen, countedWords } from './harness/counted-words.ts';
import { holdCommit } from './harness/held-commit.ts';
import type { TestCluster } from './harness/test-cluster.ts';
import { withCluster } from './harness/with-cluster.ts';

const words = countedWords();
const { input } = words;
const mapsOnce = Object.fromEntries(Array.from({ length: 6 }, (_, task) => [`map-${task}`, 1]));
const reducesOnce = { 'reduce-0': 1, 'reduce-1': 1, 'reduce-2': 1 };

async function killAndRestart(cluster: TestCluster): Promise<void> {
  await cluster.killCoordinator();
  await cluster.restartCoordinator();
}

function expectNothingTwice(cluster: TestCluster): void {
  expect(cluster.gates.timesBegun('map')).toEqual(mapsOnce);
  expect(cluster.gates.timesBegun('reduce')).toEqual(reducesOnce);
}

test.concurrent('before any task: an accepted job waits for its first worker', () =>
  withCluster({ workers: [] }, async cluster => {
    const out = cluster.output('counts');
    const run = cluster.submit('gated-count', { in: input, out });
    const job = await run.job();
    await killAndRestart(cluster);
    expect(await cluster.status(job)).toMatchObject({ state: 'queued' });
    await cluster.addWorkers([{ slots: 2 }]);
    await words.expectCounted(run, out);
    expectNothingTwice(cluster);
  }));

test.concurrent('in maps: those that run go on, those that are done stay done', () =>
  withCluster({ workers: [{}, {}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('map-3', 'map-4');
    const run = cluster.submit('gated-count', { in: input, out });
    await Promise.all(['map-3', 'map-4'].map(gate => cluster.workerAtGate(gate)));
    const job = await run.job();
    await cluster.killCoordinator();
    // One ends while nobody is there to hear of it.
    cluster.gates.open('map-3');
    await cluster.restartCoordinator();
    await cluster.until('its end is heard', async () => (await cluster.status(job)).stages[0]?.done === 5);
    cluster.gates.open('map-4');
    await words.expectCounted(run, out);
    expectNothingTwice(cluster);
  }));

test.concurrent('while a reducer fetches map outputs', () =>
  withCluster({ workers: [{ machine: 'a' }, { machine: 'b' }] }, async cluster => {
    const { run, out, serving } = await askedWhileFrozen(cluster, input);
    await killAndRestart(cluster);
    serving.process.unfreeze();
    await words.expectCounted(run, out);
    expect(cluster.gates.timesBegun('map')).toEqual(mapsOnce);
  }));

test.concurrent('in a reduce', () =>
  withCluster({ workers: [{}, {}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('reduce-1');
    const run = cluster.submit('gated-count', { in: input, out });
    await cluster.workerAtGate('reduce-1');
    await killAndRestart(cluster);
    cluster.gates.open('reduce-1');
    await words.expectCounted(run, out);
    expectNothingTwice(cluster);
  }));

test.concurrent('in the commit: it is rolled forward, and the old output stays until then', () =>
  withCluster({ workers: [{}] }, async cluster => {
    const out = cluster.output('counts');
    const commit = holdCommit(out);
    const run = cluster.submit('gated-count', { in: input, out }, '--overwrite');
    const job = await run.job();
    await cluster.until('it commits', async () => (await cluster.status(job)).state === 'committing');
    await killAndRestart(cluster);
    // A worker that ends before it is back keeps its outputs for the next coordinator, as it cannot know that the job is over.
    await cluster.until('the worker is back', async () => (await cluster.workersKnown()).some(({ state }) => state === 'connected'));
    expect(await cluster.status(job)).toMatchObject({ state: 'committing' });
    expect(readFileSync(join(out, 'part-00000.txt'), 'utf8')).toBe('old\n');
    await commit.release();
    await words.expectCounted(run, out);
    expectNothingTwice(cluster);
  }));

test.concurrent('twice in a row, in maps and in a reduce', () =>
  withCluster({ workers: [{}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('map-2', 'reduce-1');
    const run = cluster.submit('gated-count', { in: input, out });
    await cluster.workerAtGate('map-2');
    await killAndRestart(cluster);
    await killAndRestart(cluster);
    cluster.gates.open('map-2');
    await cluster.workerAtGate('reduce-1');
    await killAndRestart(cluster);
    cluster.gates.open('reduce-1');
    await words.expectCounted(run, out);
    expectNothingTwice(cluster);
  }));

test.concurrent('together with a worker in its maps, which starts again on its old directory', () =>
  withCluster({ workers: [{}, {}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('map-4', 'map-5');
    const run = cluster.submit('gated-count', { in: input, out });
    const doomed = await cluster.workerAtGate('map-4');
    await cluster.workerAtGate('map-5');
    await Promise.all([cluster.killCoordinator(), doomed.process.kill()]);
    await cluster.restartCoordinator();
    await cluster.restartWorker(doomed);
    cluster.gates.open('map-4', 'map-5');
    await words.expectCounted(run, out);
    expect(cluster.gates.timesBegun('map')).toEqual({ ...mapsOnce, 'map-4': 2 });
  }));

test.concurrent('together with a worker in a reduce, which never comes back', () =>
  withCluster({ workers: [{}, {}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('reduce-0', 'reduce-1');
    const run = cluster.submit('gated-count', { in: input, out });
    const doomed = await cluster.workerAtGate('reduce-0');
    await cluster.workerAtGate('reduce-1');
    await Promise.all([cluster.killCoordinator(), doomed.process.kill()]);
    cluster.gates.open('reduce-0', 'reduce-1');
    await cluster.restartCoordinator();
    await words.expectCounted(run, out);
  }));
