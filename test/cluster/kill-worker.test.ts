// Workers killed with -9 at exact moments: in their maps, while they serve map outputs, in a reduce, two at once, all of them.
// Nothing of it shows: output and counters are those of the inline run and of the oracle, and nothing is left.

import { expect, test } from 'vitest';
import { askedWhileFrozen, countedWords } from './harness/counted-words.ts';
import { withCluster } from './harness/with-cluster.ts';

const words = countedWords();
const { input } = words;
/** Every map task begun once. */
const once = Object.fromEntries(Array.from({ length: 6 }, (_, task) => [`map-${task}`, 1]));

test.concurrent('a worker in its maps: what ran on it and what it had finished runs again elsewhere', () =>
  withCluster({ workers: [{}, {}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('map-4', 'map-5');
    const run = cluster.submit('gated-count', { in: input, out });
    const doomed = await cluster.workerAtGate('map-4');
    await cluster.workerAtGate('map-5');
    const began = cluster.gates.arrivals('map-').filter(({ worker }) => worker === doomed.process.pid);
    await doomed.process.kill();
    cluster.gates.open('map-4', 'map-5');
    await words.expectCounted(run, out);
    const again = Object.fromEntries(began.map(({ gate }) => [gate, 2]));
    expect(cluster.gates.timesBegun('map')).toEqual({ ...once, ...again });
  }));

test.concurrent('a worker that serves map outputs to another machine: its maps run again, and their reader goes on', () =>
  withCluster({ workers: [{ machine: 'a' }, { machine: 'b' }] }, async cluster => {
    const { run, out, serving, reading, servedGates } = await askedWhileFrozen(cluster, input);
    await serving.process.kill();
    await words.expectCounted(run, out);
    const again = Object.fromEntries(servedGates.map(gate => [gate, 2]));
    expect(cluster.gates.timesBegun('map')).toEqual({ ...once, ...again });
    expect(cluster.gates.arrivals('reduce-').every(({ worker }) => worker === reading.process.pid)).toBe(true);
  }));

test.concurrent('a worker in a reduce: the parts of committed reducers stay, its own runs elsewhere', () =>
  withCluster({ workers: [{}, {}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('reduce-2');
    const run = cluster.submit('gated-count', { in: input, out });
    const doomed = await cluster.workerAtGate('reduce-2');
    const job = await run.job();
    await cluster.until('two reducers are done', async () => (await cluster.status(job)).stages[1]?.done === 2);
    await doomed.process.kill();
    cluster.gates.open('reduce-2');
    await words.expectCounted(run, out);
    expect(cluster.gates.timesBegun('reduce')).toEqual({ 'reduce-0': 1, 'reduce-1': 1, 'reduce-2': 2 });
  }));

test.concurrent('two of three workers at once, one in a map and one in another', () =>
  withCluster({ workers: [{}, {}, {}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('map-3', 'map-4', 'map-5');
    const run = cluster.submit('gated-count', { in: input, out });
    const [first, second] = await Promise.all(['map-3', 'map-4', 'map-5'].map(gate => cluster.workerAtGate(gate)));
    await Promise.all([first!.process.kill(), second!.process.kill()]);
    cluster.gates.open('map-3', 'map-4', 'map-5');
    await words.expectCounted(run, out);
  }));

test.concurrent('all workers: the job waits, and goes on when one joins', () =>
  withCluster({ workers: [{}, {}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('reduce-0', 'reduce-1');
    const run = cluster.submit('gated-count', { in: input, out });
    await Promise.all(['reduce-0', 'reduce-1'].map(gate => cluster.workerAtGate(gate)));
    const job = await run.job();
    await Promise.all(cluster.workers.map(({ process }) => process.kill()));
    cluster.gates.open('reduce-0', 'reduce-1');
    await cluster.until('both are lost', async () => (await cluster.workersKnown()).every(({ state }) => state === 'lost'));
    expect(await cluster.status(job)).toMatchObject({ state: 'running', stages: [{ done: 0, running: 0 }, { running: 0 }] });
    await cluster.addWorkers([{ slots: 2 }]);
    await words.expectCounted(run, out);
    expect(Object.values(cluster.gates.timesBegun('map'))).toEqual([2, 2, 2, 2, 2, 2]);
  }));

test.concurrent('a worker that starts again on its old directory offers what it had finished: no map runs twice', () =>
  withCluster({ workers: [{}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('reduce-1');
    const run = cluster.submit('gated-count', { in: input, out });
    const worker = await cluster.workerAtGate('reduce-1');
    await worker.process.kill();
    await cluster.until('it is lost', async () => (await cluster.workersKnown()).every(({ state }) => state === 'lost'));
    cluster.gates.open('reduce-1');
    await cluster.restartWorker(worker);
    await words.expectCounted(run, out);
    expect(cluster.gates.timesBegun('map')).toEqual(once);
    expect(cluster.gates.timesBegun('reduce')).toEqual({ 'reduce-0': 1, 'reduce-1': 2, 'reduce-2': 1 });
  }));
