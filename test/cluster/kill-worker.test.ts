// Workers killed with -9 at exact moments: in their maps, while they serve map outputs, in a reduce, two at once, all of them.
// Nothing of it shows: output and counters are those of the inline run and of the oracle.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Expected, expectCounted, expectedCount } from './harness/gated-count.ts';
import { type ClusterOptions, TestCluster } from './harness/test-cluster.ts';
import { writeWords } from './harness/word-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-words-'));
const input = writeWords(folder);
const maps = Array.from({ length: 6 }, (_, task) => `map-${task}`);
const once = Object.fromEntries(maps.map(gate => [gate, 1]));
let expected: Expected;

beforeAll(() =>
  withCluster({ workers: [] }, async cluster => {
    expected = await expectedCount(cluster, input);
  }),
);
afterAll(() => rmSync(folder, { recursive: true }));

async function withCluster(options: ClusterOptions, work: (cluster: TestCluster) => Promise<void>): Promise<void> {
  const cluster = await TestCluster.start(options);
  try {
    await work(cluster);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  expect(await cluster.stop()).toEqual([]);
}

test('a worker in its maps: what ran on it and what it had finished runs again elsewhere', () =>
  withCluster({ workers: [{}, {}] }, async cluster => {
    const out = cluster.output('counts');
    cluster.gates.close('map-4', 'map-5');
    const run = cluster.submit('gated-count', { in: input, out });
    const doomed = await cluster.workerAtGate('map-4');
    await cluster.workerAtGate('map-5');
    const finished = cluster.gates.arrivals('map-').filter(({ worker, gate }) => worker === doomed.process.pid && gate !== 'map-4');
    await doomed.process.kill();
    cluster.gates.open('map-4', 'map-5');
    await expectCounted(run, out, expected);
    const again = Object.fromEntries([...finished.map(({ gate }) => gate), 'map-4'].map(gate => [gate, 2]));
    expect(cluster.gates.timesBegun('map')).toEqual({ ...once, ...again });
  }));
