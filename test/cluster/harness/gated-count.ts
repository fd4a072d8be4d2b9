// What jobs/gated-count.ts must write and count for the words of word-data.ts, by two ways that know nothing of a cluster: the
// inline run and the oracle. A run on a cluster is held to both, byte for byte.

import type { JobStatus } from '@sheaf/protocol/messages';
import { expect } from 'vitest';
import { oracle } from '../../oracle/oracle.ts';
import type { Command } from './command.ts';
import { digestsOf, partsOf, stagingOf } from './outputs.ts';
import { jobFile, paramsOf, type TestCluster } from './test-cluster.ts';

export interface Expected {
  /** By name, the digest of each part. */
  readonly parts: { readonly [name: string]: string };
  readonly counters: JobStatus['counters'];
}

/** Runs the job inline and asks the oracle, who must agree. */
export async function expectedCount(cluster: TestCluster, input: string): Promise<Expected> {
  const out = cluster.output('inline');
  const inline = cluster.command('run', jobFile('gated-count'), ...paramsOf({ in: input, out }), '--inline', '--json');
  const byOracle = await oracle({
    inputs: [{ read: { paths: [input], format: { type: 'text', unit: 'line' } }, map: pairsOf }],
    combine: (a: number, b: number) => a + b,
    *reduce(word: string, counts: Iterable<number>) {
      yield { word, n: [...counts].reduce((a, b) => a + b, 0) };
    },
    partitions: { type: 'fixed', count: 3 },
    output: { type: 'files', folder: out, format: 'jsonl', options: {} },
    splitMb: 1,
  });
  const { state, counters } = await inline.status();
  expect(state).toBe('succeeded');
  const parts = digestsOf(partsOf(out));
  expect(parts).toEqual(digestsOf(byOracle));
  return { parts, counters };
}

/** The job ended well: exit code, bytes, counters; and no staging is left beside the output. */
export async function expectCounted(command: Command, out: string, expected: Expected): Promise<JobStatus> {
  const { code, stderr } = await command.ended;
  expect(code, stderr).toBe(0);
  const status = await command.status();
  expect(status.state).toBe('succeeded');
  expect(digestsOf(partsOf(out))).toEqual(expected.parts);
  expect(status.counters).toEqual(expected.counters);
  expect(stagingOf(out)).toEqual([]);
  return status;
}

function* pairsOf(line: string): Iterable<[string, number]> {
  for (const word of line.split(' ')) if (word !== '') yield [word, 1];
}
