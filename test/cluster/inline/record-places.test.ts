// A record that is refused when its function has already handed it over: the failure names where that function begins, found
// in the bundle by its source text and mapped to the job file.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '@sheaf/protocol';
import { expect, test } from 'vitest';
import { writtenJobs } from './written-jobs.ts';

const written = writtenJobs();

const plain = {
  map: '*map(line) { yield [line, 1]; },',
  reduce: '*reduce(key, values) { yield { key, n: [...values].length }; },',
  rest: '',
};

/** Runs a job whose `map` is on line 7 and `reduce` on line 8; the other members come behind, from line 9. */
async function failureOf(members: Partial<typeof plain>): Promise<Failure> {
  const { map, reduce, rest } = { ...plain, ...members };
  return written.failureOf([
    "import { from, mapReduce, to } from 'sheaf';",
    'export default mapReduce<any, any, any, any>({',
    "  name: 'places',",
    '  settings: { memoryMb: 16 },',
    '  reducers: 1,',
    "  input: from.text('in.txt'),",
    `  ${map}`,
    `  ${reduce}`,
    ...rest.split('\n').map(line => `  ${line}`),
    "  output: to.jsonl('out'),",
    '} as any);',
  ]);
}

test.each([
  ['a key that is none', { map: '*map(line) { yield [Number.NaN, line]; },' }, 'E_BAD_KEY', 'at map (job.ts:7:3)'],
  ['a key of an arrow', { map: "map: (line: string) => [[line === 'c' ? undefined : line, 1]]," }, 'E_BAD_KEY', 'at map (job.ts:7:8)'],
  ['a key that is too large', { map: "*map(line) { yield ['k'.repeat(70_000), line]; }," }, 'E_KEY_TOO_LARGE', 'at map (job.ts:7:3)'],
  ['a value that cannot be carried', { map: '*map(line) { yield [line, new Map()]; },' }, 'E_BAD_VALUE', 'at map (job.ts:7:3)'],
  ['a record that is too large', { map: "*map(line) { yield [line, 'v'.repeat(5e6)]; }," }, 'E_RECORD_TOO_LARGE', 'at map (job.ts:7:3)'],
  [
    'a record that the sink refuses',
    { reduce: '*reduce(key) { yield { n: Number.NaN }; },' },
    'E_BAD_OUTPUT_RECORD',
    'at reduce (job.ts:8:3)',
  ],
  ['a partition that is none', { rest: 'partition: (key: string) => -1,' }, 'E_PARTITION', 'at partition (job.ts:9:14)'],
  ['what mapEnd gave', { rest: '\n*mapEnd() { yield [undefined, 1]; },' }, 'E_BAD_KEY', 'at mapEnd (job.ts:10:3)'],
  ['what reduceEnd gave', { rest: '*reduceEnd() { yield { n: 1 / 0 }; },' }, 'E_BAD_OUTPUT_RECORD', 'at reduceEnd (job.ts:9:3)'],
  [
    'a sort key that is none, and what it was taken from',
    { rest: 'sortValuesBy: (value: any) => value.at,' },
    'E_BAD_KEY',
    'at sortValuesBy (job.ts:9:17)\nat map (job.ts:7:3)',
  ],
  [
    'what map gave or combine made of it',
    { map: "*map(line) { yield ['k', line]; },", rest: '\ncombine: (a: any, b: any) => () => a,' },
    'E_BAD_VALUE',
    'at map (job.ts:7:3)\nat combine (job.ts:10:12)',
  ],
] as const)('%s', async (_, members, code, stack) => {
  expect(await failureOf(members)).toMatchObject({ code, stack });
});

test('of two functions with the same text neither is named', async () => {
  const twice = '(value: any) => value.at';
  const failure = await failureOf({ map: '*map(line) { yield [line, {}]; },', rest: `sortValuesBy: ${twice},\ncombine: ${twice},` });
  expect(failure).toMatchObject({ code: 'E_BAD_KEY', stack: 'at map (job.ts:7:3)' });
});

test('in a pipeline, through fused steps: the selector, and the function whose record it was given', async () => {
  const failure = await written.failureOf([
    "import { defineJob, from, to } from 'sheaf';",
    'export default defineJob({',
    "  name: 'places',",
    '  settings: { memoryMb: 16 },',
    '  plan({ read }) {',
    "    read(from.text('in.txt'))",
    '      .map(line => ({ line, at: line === "c" ? Number.NaN : 1 }))',
    '      .filter(record => record.line !== "b")',
    '      .keyBy(record => record.at)',
    '      .count()',
    '      .entries()',
    "      .write(to.jsonl('out'));",
    '  },',
    '});',
  ]);
  expect(failure).toMatchObject({ code: 'E_BAD_KEY', stack: 'at job.ts:9:14\nat job.ts:7:12' });
});

test('a partition of a record, among other shuffles of the stage: the function, and the record that it was asked about', async () => {
  const failure = await written.failureOf([
    "import { defineJob, from, to } from 'sheaf';",
    'export default defineJob({',
    "  name: 'places',",
    '  settings: { memoryMb: 16 },',
    '  plan({ read }) {',
    "    const lines = read(from.text('in.txt'));",
    "    lines.countBy().entries().write(to.jsonl('counts'));",
    '    lines',
    '      .repartition(4, (line, count) => (line === "c" ? count : 1))',
    "      .write(to.text('out'));",
    '  },',
    '});',
  ]);
  expect(failure).toMatchObject({
    code: 'E_PARTITION',
    message: 'partition(record, 4) gave 4; it must give an integer from 0 to 3',
    record: { offset: 4, preview: 'c' },
    stack: 'at job.ts:9:23',
  });
});

test('an input record that is too large is nobody’s', async () => {
  writeFileSync(join(written.folder, 'in.txt'), `a\n${'x'.repeat(5e6)}\n`);
  const failure = await failureOf({});
  expect(failure).toMatchObject({ code: 'E_RECORD_TOO_LARGE', record: { offset: 2 } });
  expect(failure.stack).toBeUndefined();
});
