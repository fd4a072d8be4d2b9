// What the tests of one file need to count words on clusters: the words, written once, and what must come of them. And the moment
// that several of them begin with: a worker that stands still when another is about to fetch what it has.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Command } from './command.ts';
import { type Expected, expectCounted, expectedCount } from './gated-count.ts';
import type { TestCluster, TestWorker } from './test-cluster.ts';
import { withCluster } from './with-cluster.ts';
import { writeWords } from './word-data.ts';

export interface CountedWords {
  /** The pattern that finds the words. */
  readonly input: string;
  /** A run of gated-count gave what the inline run and the oracle give. */
  expectCounted(run: Command, out: string): Promise<void>;
}

/** Before all tests of the file that calls it; the words are gone after them. */
export function countedWords(): CountedWords {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-words-'));
  const input = writeWords(folder);
  let expected: Expected;
  beforeAll(() =>
    withCluster({ workers: [] }, async cluster => {
      expected = await expectedCount(cluster, input);
    }),
  );
  afterAll(() => rmSync(folder, { recursive: true }));
  return { input, expectCounted: async (run, out) => void (await expectCounted(run, out, expected)) };
}

export interface Asked {
  readonly run: Command;
  readonly out: string;
  /** Frozen: it still looks connected, and answers nothing, though all reducers are assigned. */
  readonly serving: TestWorker;
  readonly reading: TestWorker;
  /** The gates of the maps that the serving one has begun. */
  readonly servedGates: readonly string[];
}

/** Runs gated-count on two workers of different machines up to where reducers ask for map outputs of one that stands still. */
export async function askedWhileFrozen(cluster: TestCluster, input: string): Promise<Asked> {
  const out = cluster.output('counts');
  cluster.gates.close('map-4', 'map-5');
  const run = cluster.submit('gated-count', { in: input, out });
  const serving = await cluster.workerAtGate('map-4');
  const reading = await cluster.workerAtGate('map-5');
  const served = cluster.gates.arrivals('map-').filter(({ worker }) => worker === serving.process.pid);
  cluster.gates.open('map-4');
  const job = await run.job();
  await cluster.until('five maps are done', async () => (await cluster.status(job)).stages[0]?.done === 5);
  serving.process.freeze();
  cluster.gates.open('map-5');
  await cluster.until('the reducers are assigned', async () => (await cluster.status(job)).stages[1]?.running === 2);
  return { run, out, serving, reading, servedGates: served.map(({ gate }) => gate) };
}
