// Jobs of every shape against the oracle: the engine writes the same bytes, whatever the memory and the size of the splits.

import { fc, test } from '@fast-check/vitest';
import { from, mapReduce, type Schema, type Source, to } from '@sheaf/job';
import type { FilesOutput } from '@sheaf/storage';
import { describe, expect } from 'vitest';
import { type OracleInput, type OracleJob, oracle } from '../../oracle/oracle.ts';
import { temporaryFolder, writeFiles } from '../../storage/temporary.ts';
import { anyKey } from '../../worker/data/keys.ts';
import { type RanJob, runJob } from './run-job.ts';

// biome-ignore lint/suspicious/noExplicitAny: a job made at random has no types.
type Any = any;

interface RecordOfJob {
  readonly k: unknown;
  readonly v: unknown;
}
/** An item holds several records, as each item is a task. */
type Input =
  | { readonly type: 'items'; readonly items: readonly (readonly RecordOfJob[])[] }
  | { readonly type: 'jsonl'; readonly records: readonly RecordOfJob[] }
  | { readonly type: 'text'; readonly text: string };

/** What a job is made of, in values that print. */
interface Shape {
  readonly inputs: readonly Input[];
  readonly combine: boolean;
  readonly sort: 'column' | 'function' | null;
  readonly desc: boolean;
  readonly partition: boolean;
  readonly reducers: number | 'auto';
  /** How many values of a group are read; null: all. */
  readonly take: number | null;
  readonly format: 'text' | 'jsonl' | 'csv';
  readonly reduce: boolean;
}

const passing: Schema<Any> = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } as Any };
const concatenated = (a: Any, b: Any): Any => ({ n: a.n + b.n, t: a.t + b.t, s: a.s });
const lengthOf = (key: unknown, partitions: number): number => String(JSON.stringify(key, plain) ?? '').length % partitions;
const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

function pairsOf(type: Input['type']): (record: Any) => Iterable<unknown> {
  if (type === 'text')
    return function* (line: string) {
      for (const word of line.split(/\s+/)) if (word !== '') yield [word, { n: 1, t: word, s: word.length }];
    };
  if (type === 'items') return (list: readonly RecordOfJob[]) => list.map(({ k, v }) => [k, v]);
  return ({ k, v }: RecordOfJob) => [[k, v]];
}

function reduceOf({ take, format }: Shape): (key: Any, values: Iterable<Any>) => Iterable<unknown> {
  return function* (key, values) {
    const read: unknown[] = [];
    for (const value of values) {
      if (take !== null && read.length >= take) break;
      read.push(value);
    }
    if (format === 'csv') yield { key: JSON.stringify(key, plain) ?? '', read: JSON.stringify(read) };
    else yield [key, read];
  };
}

/** A job without reduce writes its pairs; for csv as rows. */
function mapOf(type: Input['type'], shape: Shape): (record: Any) => Iterable<unknown> {
  const pairs = pairsOf(type);
  if (shape.reduce || shape.format !== 'csv') return pairs;
  return function* (record) {
    for (const pair of pairs(record)) yield { pair: JSON.stringify(pair, plain) };
  };
}

function filesOf(shape: Shape): { [path: string]: string } {
  return Object.fromEntries(
    shape.inputs.flatMap((input, i) => {
      if (input.type === 'items') return [];
      const content = input.type === 'text' ? input.text : input.records.map(record => `${JSON.stringify(record)}\n`).join('');
      return [[`in/${i}`, content]];
    }),
  );
}

function jobOf(shape: Shape, settings: { memoryMb: number; splitMb: number }): unknown {
  const sourceOf = (input: Input, i: number): Source<Any> => {
    if (input.type === 'items') return from.items(input.items);
    return input.type === 'text' ? from.text(`in/${i}`) : from.jsonl(`in/${i}`, passing);
  };
  const [first] = shape.inputs as [Input];
  const several = shape.inputs.length > 1;
  const sort = shape.sort === null ? null : shape.sort === 'column' ? 's' : (value: Any) => [value.s];
  return mapReduce({
    name: 'random',
    settings,
    ...(several
      ? { inputs: shape.inputs.map((input, i) => sourceOf(input, i).flatMap(mapOf(input.type, shape) as Any)) }
      : { input: sourceOf(first, 0), map: mapOf(first.type, shape) }),
    ...(shape.reduce
      ? {
          reduce: reduceOf(shape),
          reducers: shape.reducers,
          ...(shape.combine ? { combine: concatenated } : {}),
          ...(sort === null ? {} : { sortValuesBy: shape.desc ? { by: sort, desc: true } : sort }),
          ...(shape.partition ? { partition: lengthOf } : {}),
        }
      : {}),
    output: to[shape.format]('out'),
  } as Any);
}

function oracleOf(shape: Shape, splitMb: number, cwd: string): OracleJob {
  const inputs = shape.inputs.map((input, i): OracleInput => {
    const map = mapOf(input.type, shape);
    if (input.type === 'items') return { read: { items: input.items }, map };
    const format = input.type === 'text' ? ({ type: 'text', unit: 'line' } as const) : ({ type: 'jsonl', columns: null } as const);
    return { read: { paths: [`in/${i}`], format }, map };
  });
  const output: FilesOutput = { type: 'files', folder: 'out', format: shape.format, options: {} };
  if (!shape.reduce) return { inputs, output, splitMb, cwd };
  return {
    ...{ inputs, output, splitMb, cwd, reduce: reduceOf(shape), desc: shape.desc },
    ...(shape.combine ? { combine: concatenated } : {}),
    ...(shape.sort === null ? {} : { sortValuesBy: (value: Any) => value.s }),
    ...(shape.partition ? { partition: lengthOf } : {}),
    ...(shape.reducers === 'auto' ? {} : { partitions: { type: 'fixed', count: shape.reducers } }),
  };
}

async function same(shape: Shape, settings: { memoryMb: number; splitMb: number }): Promise<RanJob> {
  const files = filesOf(shape);
  const cwd = temporaryFolder();
  writeFiles(cwd, files);
  const expected = await oracle(oracleOf(shape, settings.splitMb, cwd));
  const ran = await runJob(jobOf(shape, settings), { files });
  expect(ran.status.error).toBeNull();
  expect(ran.left).toEqual([]);
  expect([...ran.parts.keys()]).toEqual([...expected.keys()]);
  for (const [name, bytes] of expected) expect({ name, text: ran.parts.get(name)?.toString() }).toEqual({ name, text: bytes.toString() });
  return ran;
}

const value = fc.record({ n: fc.integer({ min: -1000, max: 1000 }), t: fc.string({ maxLength: 5 }), s: fc.nat(3) });
const jsonKey = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'ab', 'é', 'zz'),
  fc.integer({ min: -2, max: 2 }),
  fc.boolean(),
  fc.constant(null),
  fc.tuple(fc.constantFrom('a', 'b'), fc.nat(2)),
);
const records = (key: fc.Arbitrary<unknown>): fc.Arbitrary<RecordOfJob[]> => fc.array(fc.record({ k: key, v: value }), { maxLength: 40 });
const words = fc.array(fc.constantFrom('a', 'b', 'ab', 'é', '\n', '\r\n', ' ', '\t', '\u00a0', '\u3000'), { maxLength: 60 });
const input: fc.Arbitrary<Input> = fc.oneof(
  fc.array(records(fc.oneof(jsonKey, anyKey)), { maxLength: 4 }).map(items => ({ type: 'items', items }) as const),
  records(jsonKey).map(list => ({ type: 'jsonl', records: list }) as const),
  words.map(list => ({ type: 'text', text: list.join('') }) as const),
);
const shape: fc.Arbitrary<Shape> = fc.record({
  inputs: fc.array(input, { minLength: 1, maxLength: 3 }),
  combine: fc.boolean(),
  sort: fc.constantFrom(null, null, 'column' as const, 'function' as const),
  desc: fc.boolean(),
  partition: fc.boolean(),
  reducers: fc.oneof(fc.constant('auto' as const), fc.integer({ min: 1, max: 5 })),
  take: fc.constantFrom(null, null, 0, 1, 3),
  format: fc.constantFrom('text', 'jsonl', 'csv'),
  reduce: fc.boolean(),
});

/** Lines `key filler` of about 1.5 KB: many bytes in few records, so that tasks spill and the oracle stays quick. */
function largeText(megabytes: number, keys: number): string {
  const filler = Array.from({ length: 1_500 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');
  const lines: string[] = [];
  for (let i = 0, bytes = 0; bytes < megabytes * 1_048_576; i++) {
    const line = `k${(i * 7919) % keys} ${i} ${filler.slice(0, 400 + ((i * 31) % 1100))}`;
    lines.push(line);
    bytes += line.length + 1;
  }
  return lines.join('\n');
}

describe('inline runs write what the oracle says', () => {
  test.prop([shape, fc.constantFrom(16, 64)], { numRuns: 80 })('for small jobs of any shape', async (of, memoryMb) => {
    await same(of, { memoryMb, splitMb: 64 });
  });

  test('when tasks spill, and a reduce merges more runs than it has memory for', async () => {
    const text = largeText(28, 5000);
    const files = { 'in/0': text };
    const cwd = temporaryFolder();
    writeFiles(cwd, files);
    const map = (line: string): [string, string][] => [[line.slice(0, line.indexOf(' ')), line]];
    const reduce = (key: string, values: Iterable<string>): string[] => [`${key}: ${[...values].map(line => line.slice(0, 20)).join()}`];
    const bySecond = (line: string): string => line.split(' ')[1]!.slice(-2);
    const output: FilesOutput = { type: 'files', folder: 'out', format: 'text', options: {} };
    const input: OracleInput = { read: { paths: ['in/0'], format: { type: 'text', unit: 'line' } }, map };
    for (const { splitMb, runs } of [
      { splitMb: 1, runs: 31 },
      { splitMb: 10, runs: 6 },
    ]) {
      const expected = await oracle({ inputs: [input], reduce, sortValuesBy: bySecond, desc: true, output, splitMb, cwd });
      const job = mapReduce({
        name: 'spilling',
        settings: { memoryMb: 16, splitMb },
        input: from.text('in/0'),
        map,
        sortValuesBy: { by: bySecond, desc: true },
        reduce,
        output: to.text('out'),
      });
      const { status, parts, left } = await runJob(job, { files, large: true });
      expect(status.error).toBeNull();
      expect(left).toEqual([]);
      expect(status.counters['map.spills']).toBeGreaterThan(runs);
      for (const [name, bytes] of expected) expect(parts.get(name)?.equals(bytes)).toBe(true);
    }
  });
});
