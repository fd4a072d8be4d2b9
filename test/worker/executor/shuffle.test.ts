// Random records through writers with next to no memory, merge passes and groups, against map → sort → group on arrays.

import { fc, test } from '@fast-check/vitest';
import type { Fold, KeyPart, Select, Shuffle } from '@sheaf/protocol/graph';
import { describe, expect } from 'vitest';
import { encodeKey } from '../../../packages/worker/src/data/key-codec.ts';
import type { SpillCounts } from '../../../packages/worker/src/executor/shuffle/edge-writer.ts';
import { compareKeys, type Key, normalKey } from '../../oracle/key-order.ts';
import { anyKey } from '../data/keys.ts';
import { type AnyFunction, type Group, type ShuffleRun, type ShuffleSide, shuffled } from './shuffle.ts';

/** A record is the parts of its key, then its value. */
type Row = readonly [...Key[], unknown];

interface Edge {
  /** By part of the key: whether it is descending. */
  readonly desc: readonly boolean[];
  readonly group: number;
  readonly tasks: readonly (readonly Row[])[];
  readonly combine: 'sum' | 'concatenate' | null;
}

const item = (index: number): Select => ({ type: 'item', index });
const folds: readonly AnyFunction[] = [(a: string, b: string) => a + b];
const foldOf = {
  sum: { type: 'built-in', name: 'sum' },
  concatenate: { type: 'function', function: { role: 'fold', index: 0, code: '' } },
} as const;

function sideOf(edge: Edge): ShuffleSide {
  const key: KeyPart[] = edge.desc.map((desc, i) => ({ select: item(i), desc }));
  const combine: Fold | null = edge.combine === null ? null : foldOf[edge.combine];
  const shuffle: Shuffle = { key, group: edge.group, value: item(edge.desc.length), combine, partitioner: { type: 'hash' } };
  return { shuffle, tasks: edge.tasks };
}

function compareParts(a: readonly Key[], b: readonly Key[], desc: readonly boolean[]): number {
  for (let i = 0; i < desc.length; i++) {
    const order = compareKeys(a[i] as Key, b[i] as Key);
    if (order !== 0) return desc[i] === true ? -order : order;
  }
  return 0;
}

interface Sorted {
  readonly parts: readonly Key[];
  readonly side: number;
  value: unknown;
}

/** Groups in the order of their keys, values by side, order parts, task, record. */
function reference(edges: readonly Edge[]): Group[] {
  const [{ group, desc }] = edges as [Edge];
  const rows: Sorted[] = edges.flatMap((edge, side) =>
    edge.tasks.flat().map(row => ({ parts: row.slice(0, edge.desc.length).map(key => normalKey(key as Key)), side, value: row.at(-1) })),
  );
  const groupOrder = (a: Sorted, b: Sorted): number => compareParts(a.parts, b.parts, desc.slice(0, group));
  const order = (a: Sorted, b: Sorted): number =>
    groupOrder(a, b) || a.side - b.side || compareParts(a.parts, b.parts, (edges[a.side] as Edge).desc);
  rows.sort(order);
  const groups: (Group & { row: Sorted })[] = [];
  let last: Sorted | null = null;
  for (const row of rows) {
    const { combine } = edges[row.side] as Edge;
    if (last === null || groupOrder(last, row) !== 0) groups.push({ key: keyOf(row, group), values: [], row });
    const { values } = groups.at(-1) as Group;
    if (combine !== null && last !== null && order(last, row) === 0) {
      const folded = values.at(-1) as { value: unknown };
      folded.value = combine === 'sum' ? (folded.value as number) + (row.value as number) : `${folded.value}${row.value}`;
    } else values.push({ side: row.side, value: row.value });
    last = row;
  }
  return groups.map(({ key, values }) => ({ key, values }));
}

function keyOf({ parts }: Sorted, group: number): unknown {
  return group === 1 ? parts[0] : parts.slice(0, group);
}

/** Each partition is in order and no group is in two; together they are the reference. */
function holds(run: ShuffleRun, edges: readonly Edge[]): void {
  const { groups } = shuffled(run);
  const [{ group, desc }] = edges as [Edge];
  const parts = ({ key }: Group): Key[] => (group === 1 ? [key as Key] : (key as Key[]));
  const order = (a: Group, b: Group): number => compareParts(parts(a), parts(b), desc.slice(0, group));
  for (const partition of groups) {
    for (let i = 1; i < partition.length; i++) expect(order(partition[i - 1] as Group, partition[i] as Group)).toBeLessThan(0);
  }
  expect(groups.flat().sort(order)).toEqual(reference(edges));
}

const smallKey = fc.oneof(
  fc.constantFrom<Key>('', 'a', 'b', 'aa', 'prefix-shared-by-many-1', 'prefix-shared-by-many-2', 'x'.repeat(300)),
  fc.integer({ min: -3, max: 3 }),
  fc.constant(null),
);
const scratch = new Uint8Array(70_000);
/** Two of them and a value fit into the smallest arena. */
const shortKey = anyKey.filter(of => encodeKey(of, scratch, 0, scratch.length) < 400);
const key = fc.oneof({ weight: 3, arbitrary: smallKey }, { weight: 1, arbitrary: shortKey });
const value = fc.oneof(
  fc.constantFrom<unknown>(0, -0, 1, 2.5, Number.NaN, Number.POSITIVE_INFINITY, '', null, true, 5n),
  fc.string({ maxLength: 40 }),
  fc.array(fc.integer(), { maxLength: 5 }),
);
const number = fc.constantFrom(0, -0, 1, 2, 3, 1000, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);

function tasksOf(keys: number, values: fc.Arbitrary<unknown>): fc.Arbitrary<Row[][]> {
  const row = fc.tuple(fc.array(key, { minLength: keys, maxLength: keys }), values).map(([parts, of]): Row => [...parts, of]);
  return fc.array(fc.array(row, { maxLength: 80, size: 'max' }), { minLength: 1, maxLength: 5 });
}

function edgeOf(group: number, groupDesc: readonly boolean[]): fc.Arbitrary<Edge> {
  return fc
    .record({ order: fc.array(fc.boolean(), { maxLength: 2 }), combine: fc.constantFrom(null, 'sum' as const, 'concatenate' as const) })
    .chain(({ order, combine }) => {
      const values = combine === null ? value : combine === 'sum' ? number : fc.string({ maxLength: 30 });
      const desc = [...groupDesc, ...order];
      return tasksOf(desc.length, values).map(tasks => ({ desc, group, combine, tasks }));
    });
}

const edges = (sides: number): fc.Arbitrary<Edge[]> =>
  fc
    .array(fc.boolean(), { minLength: 1, maxLength: 2 })
    .chain(desc => fc.array(edgeOf(desc.length, desc), { minLength: 1, maxLength: sides }));

/** Room for a table with an account of a few hundred bytes. */
const tableBytes = 1_048_576 + 65_536 + 64 + 16 + 12_000;
const runOf = (list: readonly Edge[], rest: { partitions: number; fanIn: number; extra: number; readInGroups: boolean }): ShuffleRun => ({
  sides: list.map(sideOf),
  functions: folds,
  partitions: rest.partitions,
  fanIn: rest.fanIn,
  readInGroups: rest.readInGroups,
  regionBytes: (list.some(edge => edge.combine !== null) ? tableBytes : 4_096) + rest.extra,
});
const rest = fc.record({
  partitions: fc.integer({ min: 1, max: 9 }),
  fanIn: fc.integer({ min: 2, max: 5 }),
  extra: fc.nat(3_000),
  readInGroups: fc.boolean(),
});

describe('a shuffle', () => {
  test.prop([edges(1), rest], { numRuns: 150 })('of one edge is map → sort → group', (list, options) => {
    holds(runOf(list, options), list);
  });

  test.prop([edges(3), rest.map(of => ({ ...of, fanIn: 3 + of.fanIn }))], { numRuns: 80 })(
    'of several sides keeps their order',
    (list, options) => {
      holds(runOf(list, options), list);
    },
  );
});

const filler = (length: number, seed: number): string => String.fromCharCode(97 + (seed % 26)).repeat(length);

describe('a run of many segments', () => {
  const rows = (count: number, length: number): Row[] =>
    Array.from({ length: count }, (_, i): Row => [`key ${(i * 7919) % 50}`, (i * 31) % 7, `${i}${filler(length, i)}`]);

  test.each([
    ['ordered', { desc: [false, true], combine: null }],
    ['combined', { desc: [false, true], combine: 'concatenate' }],
  ] as const)('is merged before it is read: %s', (_, { desc, combine }) => {
    // Half a megabyte holds a few of these: over 64 segments, which are merged in several goes.
    const edge: Edge = { desc, group: 1, combine, tasks: [rows(200, 150_000), rows(3, 100)] };
    const regionBytes = combine === null ? 800_000 : tableBytes + 300_000;
    const run: ShuffleRun = {
      ...runOf([edge], { partitions: 2, fanIn: 3, extra: 0, readInGroups: true }),
      regionBytes,
      recordBytesMax: 400_000,
    };
    holds(run, [edge]);
    const [[many]] = shuffled(run).counts as [[SpillCounts]];
    expect(many.spills).toBeGreaterThan(64);
  });
});

describe('values larger than a block', () => {
  test.prop(
    [
      fc.array(fc.tuple(fc.nat(4), fc.constantFrom(0, 10, 65_000, 65_536, 70_000, 131_072, 200_000)), { minLength: 1, maxLength: 12 }),
      fc.boolean(),
    ],
    {
      numRuns: 30,
    },
  )('lie among small ones', (sizes, ordered) => {
    const rows = sizes.map(([of, length], i): Row => (ordered ? [of, i % 2, filler(length, i)] : [of, filler(length, i)]));
    const edge: Edge = { desc: ordered ? [false, false] : [false], group: 1, combine: null, tasks: [rows, rows.slice(2), rows] };
    holds({ ...runOf([edge], { partitions: 2, fanIn: 2, extra: 0, readInGroups: true }), regionBytes: 700_000 }, [edge]);
  });
});
