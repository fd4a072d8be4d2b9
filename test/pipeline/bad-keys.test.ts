// A key that is none is found at the record, also when the record went through several steps of one loop first: the failure names
// the input's file and offset, the cause, and the function that made the key.

import { join } from 'node:path';
import type { Failure } from '@sheaf/protocol';
import { expect, test } from 'vitest';
import { writtenJobs } from '../cluster/inline/written-jobs.ts';

const written = writtenJobs();

/** Runs a plan whose operators stand on line 6 and those behind it, over the lines a, b, c, d. */
function failureOf(operators: readonly string[]): Promise<Failure> {
  return written.failureOf([
    "import { from, defineJob, to } from 'sheaf';",
    "const bad = (line: any): any => (line === 'c' ? undefined : line);",
    'export default defineJob({',
    "  name: 'keys', settings: { memoryMb: 16 },",
    "  plan({ read }) { const again: any = read(from.text('in.txt')); read(from.text('in.txt'))",
    ...operators.map(operator => `  ${operator}`),
    "  .write(to.jsonl('out')); },",
    '});',
  ]);
}

test.each([
  ['keyBy of a function', ['.keyBy((line: any) => bad(line)).count().entries()'], 'job.ts:6:10'],
  [
    'keyBy behind fused steps',
    ['.map((line: any) => line)', '.filter(() => true)', '.keyBy((l: any) => bad(l)).count().entries()'],
    'job.ts:8:10',
  ],
  [
    'mapValues behind keyBy: the key is of keyBy',
    ['.keyBy((l: any) => bad(l))', '.mapValues((l: any) => l.length)', '.reduce((a: any, b: any) => a + b).entries()'],
    'job.ts:6:10',
  ],
  ['pairs: the key is of map', ['.map((l: any) => [bad(l), 1])', '.pairs().count().entries()'], 'job.ts:6:8'],
  [
    'the left side of a broadcast join',
    ['.map((l: any) => l)', '.keyBy((l: any) => bad(l)).join(again.keyBy((l: any) => l + l), { broadcast: true }).entries()'],
    'job.ts:7:10',
  ],
  [
    'the right side of a broadcast join',
    ['.keyBy((l: any) => l)', '.leftJoin(again.keyBy((l: any) => bad(l)), { broadcast: true }).entries()'],
    'job.ts:7:25',
  ],
  [
    'a side whose values were mapped behind its key',
    ['.keyBy((l: any) => bad(l)).mapValues(() => 1)', '.semiJoin(again.keyBy((l: any) => l + l), { broadcast: true }).count().entries()'],
    'job.ts:6:10',
  ],
  ['sortBy of a function', ['.filter(() => true)', '.sortBy((l: any) => bad(l))'], 'job.ts:7:11'],
] as const)('%s', async (_, operators, place) => {
  const failure = await failureOf(operators);
  expect(failure).toMatchObject({ code: 'E_BAD_KEY', record: { file: join(written.folder, 'in.txt'), offset: 4 } });
  expect(failure.stack).toContain(place);
});
