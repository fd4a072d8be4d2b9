// Graphs that no front end makes yet, on random items, against plain loops over arrays: joins of every kind, lookups, folds,
// the largest few, a total sort, several outputs.

import { fc, test } from '@fast-check/vitest';
import { rawJob } from '@sheaf/job/raw';
import type { Count, Edge, FunctionRef, KeyPart, Output, Role, Select, Shuffle, Stage, StageGraph, Step } from '@sheaf/protocol/graph';
import { defaultSettings } from '@sheaf/protocol/graph';
import { describe, expect } from 'vitest';
import { compareKeys, type Key } from '../../oracle/key-order.ts';
import { type RanJob, runJob } from './run-job.ts';

// biome-ignore lint/suspicious/noExplicitAny: functions of any shape, found by their index.
type AnyFunction = (...args: any[]) => any;
type Row = readonly [key: Key, value: number];

const item = (index: number): Select => ({ type: 'item', index });
const column = (name: string): Select => ({ type: 'column', name });
const part = (select: Select, desc = false): KeyPart => ({ select, desc });
const ref = (role: Role, index: number): FunctionRef => ({ role, index, code: '' });
const count = (of: number): Count => ({ type: 'fixed', count: of });
const output = (folder = 'out'): Output => ({ type: 'files', folder, format: 'jsonl', options: {} });

function edge(from: number, to: number, shuffle: Partial<Shuffle> = {}): Edge {
  const whole: Shuffle = { key: [part(item(0))], group: 1, value: item(1), combine: null, partitioner: { type: 'hash' } };
  return { type: 'shuffle', from, to, shuffle: { ...whole, ...shuffle } };
}

/** Reads items, function `items` of the job, and sends them along edges. */
function reading(name: string, items: number, edges: readonly number[]): Stage {
  const steps: Step[] = [{ type: 'read', input: 0 }, ...edges.map((to): Step => ({ type: 'emit', from: 0, edge: to }))];
  return { name, tasks: { type: 'splits', inputs: [{ type: 'items', items: ref('items', items), perTask: 7 }] }, outputs: [], steps };
}

function merging(name: string, tasks: number, steps: readonly Step[]): Stage {
  const outputs = steps.flatMap(step => (step.type === 'write' ? [step.output] : []));
  return { name, tasks: { type: 'partitions', count: count(tasks) }, outputs, steps };
}

async function run(
  graph: Pick<StageGraph, 'stages' | 'edges'> & Partial<StageGraph>,
  functions: readonly AnyFunction[],
  large = false,
): Promise<RanJob> {
  const whole: StageGraph = {
    version: 1,
    job: 'graph',
    settings: { ...defaultSettings, memoryMb: 16 },
    onError: null,
    outputs: [output()],
    ...graph,
  };
  const ran = await runJob(rawJob({ graph: whole, functions }), { large });
  expect(ran.status.error).toBeNull();
  expect(ran.left).toEqual([]);
  return ran;
}

const linesOf = (parts: ReadonlyMap<string, Buffer>): string[] =>
  [...parts.values()].flatMap(bytes => bytes.toString().split('\n').slice(0, -1));
const recordsOf = (parts: ReadonlyMap<string, Buffer>): unknown[] => linesOf(parts).map(line => JSON.parse(line));
/** What JSON makes of records, in an order of its own. */
const anyOrder = (records: readonly unknown[]): string[] => records.map(record => JSON.stringify(record)).sort();

const key = fc.constantFrom<Key>('a', 'b', 'c', 1, 2, null);
const rows = fc.array(fc.tuple(key, fc.integer({ min: -50, max: 50 })), { maxLength: 25, size: 'max' });
const keysOf = (...sides: readonly (readonly Row[])[]): Key[] => [...new Set(sides.flat().map(([of]) => of))].sort(compareKeys);
const valuesOf = (side: readonly Row[], of: Key): number[] => side.filter(([one]) => one === of).map(([, value]) => value);

describe('joins', () => {
  const kinds = ['inner', 'left', 'right', 'full', 'cogroup'] as const;

  function joined(kind: (typeof kinds)[number], lefts: readonly Row[], rights: readonly Row[]): unknown[] {
    return keysOf(lefts, rights).flatMap((of): unknown[] => {
      const left = valuesOf(lefts, of);
      const right = valuesOf(rights, of);
      if (kind === 'cogroup') return [[of, left, right]];
      if (left.length > 0 && right.length > 0) return right.flatMap(r => left.map(l => [of, { left: l, right: r }]));
      if (kind === 'left' || kind === 'full') if (right.length === 0) return left.map(l => [of, { left: l }]);
      if (kind === 'right' || kind === 'full') if (left.length === 0) return right.map(r => [of, { right: r }]);
      return [];
    });
  }

  test.prop([rows, rows, fc.constantFrom(...kinds), fc.integer({ min: 1, max: 3 })], { numRuns: 40 })(
    'of two sides',
    async (lefts, rights, kind, tasks) => {
      const join = merging('join', tasks, [
        { type: 'receive', edges: [1, 0] },
        { type: 'join', from: 0, kind },
        { type: 'write', from: 1, output: 0 },
      ]);
      const stages = [reading('right', 1, [0]), reading('left', 0, [1]), join];
      const { parts } = await run({ stages, edges: [edge(0, 2), edge(1, 2)] }, [() => lefts, () => rights]);
      expect(anyOrder(recordsOf(parts))).toEqual(anyOrder(joined(kind, lefts, rights)));
    },
  );

  test.prop([rows, rows, fc.constantFrom('inner' as const, 'left' as const)], { numRuns: 15 })(
    'with a table that is sent to every task',
    async (lefts, rights, kind) => {
      const lookup: Stage = {
        ...reading('left', 0, []),
        outputs: [0],
        steps: [
          { type: 'load', edge: 0, key: item(0) },
          { type: 'read', input: 0 },
          { type: 'lookup', from: 1, table: 0, key: item(0), kind },
          { type: 'write', from: 2, output: 0 },
        ],
      };
      const { parts } = await run({ stages: [reading('right', 1, [0]), lookup], edges: [{ type: 'broadcast', from: 0, to: 1 }] }, [
        () => lefts,
        () => rights,
      ]);
      const expected = lefts.flatMap((left): unknown[] => {
        const matches = rights.filter(([of]) => of === left[0]).map(right => [left[0], { left, right }]);
        return matches.length > 0 || kind === 'inner' ? matches : [[left[0], { left }]];
      });
      // The order is that of the left side: no shuffle.
      expect(linesOf(parts)).toEqual(expected.map(record => JSON.stringify(record)));
    },
  );
});

describe('folds', () => {
  const foldedColumns = [
    { name: 'sum', fold: 'sum', of: item(1) },
    { name: 'least', fold: 'min', of: item(1) },
    { name: 'most', fold: 'max', of: item(1) },
    { name: 'n', fold: 'count', of: item(1) },
    { name: 'mean', fold: 'mean', of: item(1) },
  ] as const;
  const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
  const columnsOf = (list: readonly number[]): unknown => ({
    sum: sum(list),
    least: Math.min(...list),
    most: Math.max(...list),
    n: list.length,
    mean: sum(list) / list.length,
  });

  test.prop([rows, fc.boolean()], { numRuns: 25 })('of columns, with and without a combiner', async (list, combined) => {
    const fold = { type: 'columns', columns: foldedColumns } as const;
    const steps: Step[] = [
      { type: 'receive', edges: [0] },
      { type: 'fold', from: 0, fold },
      { type: 'write', from: 1, output: 0 },
    ];
    const edges = [edge(0, 1, { value: { type: 'record' }, combine: combined ? fold : null })];
    const { parts } = await run({ stages: [reading('read', 0, [0]), merging('fold', 2, steps)], edges }, [() => list]);
    expect(anyOrder(recordsOf(parts))).toEqual(anyOrder(keysOf(list).map(of => [of, columnsOf(valuesOf(list, of))])));
  });

  test.prop([rows, fc.constantFrom('sum', 'min', 'max', 'count' as const), fc.boolean()], { numRuns: 25 })(
    'that are built in',
    async (list, name, combined) => {
      const fold = { type: 'built-in', name } as const;
      const steps: Step[] = [
        { type: 'receive', edges: [0] },
        // Counts that were combined are added.
        { type: 'fold', from: 0, fold },
        { type: 'write', from: 1, output: 0 },
      ];
      const { parts } = await run(
        { stages: [reading('read', 0, [0]), merging('fold', 2, steps)], edges: [edge(0, 1, { combine: combined ? fold : null })] },
        [() => list],
      );
      const of = {
        sum,
        min: (values: number[]) => Math.min(...values),
        max: (values: number[]) => Math.max(...values),
        count: (values: number[]) => values.length,
      };
      expect(anyOrder(recordsOf(parts))).toEqual(anyOrder(keysOf(list).map(one => [one, of[name](valuesOf(list, one))])));
    },
  );
});

describe('the largest few', () => {
  const byValue = [part(item(1), true)];
  const largest = (list: readonly Row[], of: number): Row[] => [...list].sort(([, a], [, b]) => b - a).slice(0, of);

  test.prop([rows, fc.nat(8)], { numRuns: 20 })('of each group: equal ones in the order they came', async (list, of) => {
    const steps: Step[] = [
      { type: 'receive', edges: [0] },
      { type: 'top', from: 0, count: of, by: byValue, perGroup: true },
      { type: 'write', from: 1, output: 0 },
    ];
    const { parts } = await run(
      { stages: [reading('read', 0, [0]), merging('top', 2, steps)], edges: [edge(0, 1, { value: { type: 'record' } })] },
      [() => list],
    );
    expect(anyOrder(recordsOf(parts))).toEqual(
      anyOrder(
        keysOf(list).map(one => [
          one,
          largest(
            list.filter(([k]) => k === one),
            of,
          ),
        ]),
      ),
    );
  });

  test.prop([rows, fc.nat(8)], { numRuns: 20 })('of all, by way of a heap in every task', async (list, of) => {
    const top = { type: 'top', count: of, by: byValue, perGroup: false } as const;
    const read = reading('read', 0, []);
    const stages: Stage[] = [
      { ...read, steps: [...read.steps, { ...top, from: 0 }, { type: 'emit', from: 1, edge: 0 }] },
      merging('top', 1, [
        { type: 'receive', edges: [0] },
        { ...top, from: 0 },
        { type: 'write', from: 1, output: 0 },
      ]),
    ];
    const { parts } = await run({ stages, edges: [edge(0, 1, { key: byValue, group: 0, value: { type: 'record' } })] }, [() => list]);
    expect(recordsOf(parts)).toEqual(largest(list, of));
  });
});

describe('a total sort', () => {
  function sorting(sizes: readonly number[], desc: boolean, tasks: Count): Promise<RanJob> {
    const sorted = edge(0, 2, { key: [part(column('k'), desc)], value: { type: 'record' }, partitioner: { type: 'range', splitters: 2 } });
    const read: Stage = {
      ...reading('read', 0, []),
      steps: [
        { type: 'read', input: 0 },
        { type: 'call', from: 0, function: ref('flatMap', 1) },
        { type: 'emit', from: 1, edge: 1 },
        { type: 'sample', from: 1, edge: 1, to: 0 },
      ],
    };
    const stages: Stage[] = [
      read,
      merging('splitters', 1, [
        { type: 'receive', edges: [0] },
        { type: 'splitters', from: 0, stage: 2 },
        { type: 'emit', from: 1, edge: 2 },
      ]),
      {
        ...merging('sort', 1, [
          { type: 'load', edge: 2, key: null },
          { type: 'receive', edges: [1] },
          { type: 'write', from: 1, output: 0 },
        ]),
        tasks: { type: 'partitions', count: tasks },
      },
    ];
    const edges: Edge[] = [edge(0, 1, { key: [], group: 0, value: { type: 'record' } }), sorted, { type: 'broadcast', from: 1, to: 2 }];
    const items = sizes.map((size, from) => ({ from, size }));
    return run({ stages, edges }, [() => items, rowsOfItem], true);
  }

  /** Keys of some kinds and many duplicates, in rows of about 500 bytes; some keys begin alike for more bytes than samples have. */
  function* rowsOfItem({ from, size }: { from: number; size: number }): Iterable<{ k: Key; i: string }> {
    for (let i = 0; i < size; i++) {
      const n = (i * 7919 + from * 31) % 1000;
      yield { k: n < 300 ? 'same' : n < 600 ? n % 7 : n < 900 ? `t${n}` : `${'shared'.repeat(30)}${n}`, i: `${from}/${i}`.padEnd(500) };
    }
  }

  test.prop([fc.array(fc.constantFrom(0, 1, 10, 300, 900), { minLength: 1, maxLength: 6 }), fc.boolean(), fc.integer({ min: 1, max: 6 })], {
    numRuns: 12,
  })('is in order over all parts, equal keys as they came', async (sizes, desc, tasks) => {
    const { parts } = await sorting(sizes, desc, count(tasks));
    const all = sizes.flatMap((size, from) => [...rowsOfItem({ from, size })]);
    all.sort((a, b) => (desc ? compareKeys(b.k, a.k) : compareKeys(a.k, b.k)));
    expect(recordsOf(parts)).toEqual(all);
    expect(parts.size).toBe(tasks);
  });

  test('has as many parts as its bytes ask for, of about equal size', async () => {
    const { parts } = await sorting([4000, 4000, 4000], false, { type: 'auto', of: 'edges', bytesPerTask: 1_048_576, min: 2, max: 50 });
    // Seven would do, and are eight, so that two or four slots end together.
    expect(parts.size).toBe(8);
    // Three tenths of the rows have one key, which nothing can cut.
    const sizes = [...parts.values()].map(bytes => bytes.length);
    expect(Math.max(...sizes)).toBeLessThan(2_200_000);
    expect(sizes.filter(size => size > 300_000).length).toBeGreaterThan(4);
  });
});

test('keys of several parts and directions reach a partitioner as reduce sees them', async () => {
  const items = Array.from({ length: 40 }, (_, i) => [['x', 'y'][i % 2], i % 5, i]);
  const seen = new Set<string>();
  const partition = (of: [string, number], n: number): number => {
    seen.add(JSON.stringify(of));
    return of[1] % n;
  };
  const shuffle = {
    key: [part(item(0), true), part(item(1))],
    group: 2,
    value: item(2),
    partitioner: { type: 'function', function: ref('partition', 1) },
  } as const;
  const steps: Step[] = [
    { type: 'receive', edges: [0] },
    { type: 'group', from: 0, function: ref('group', 2) },
    { type: 'write', from: 1, output: 0 },
  ];
  const collect = (of: unknown, values: Iterable<number>): unknown[] => [[of, [...values]]];
  const { parts } = await run({ stages: [reading('read', 0, [0]), merging('group', 3, steps)], edges: [edge(0, 1, shuffle)] }, [
    () => items,
    partition,
    collect,
  ]);
  expect(seen.size).toBe(10);
  const groups = [...parts.values()].map(bytes =>
    bytes
      .toString()
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as [[string, number], number[]]),
  );
  groups.forEach((part_, at) => {
    expect(part_.map(([of]) => of)).toEqual(
      [
        ['y', at],
        ['y', at + 3],
        ['x', at],
        ['x', at + 3],
      ]
        .filter(([, n]) => (n as number) < 5)
        .sort((a, b) => (a[0] === b[0] ? (a[1] as number) - (b[1] as number) : a[0] === 'y' ? -1 : 1)),
    );
    for (const [[letter, n], values] of part_)
      expect(values).toEqual(items.filter(([l, m]) => l === letter && m === n).map(([, , i]) => i));
  });
});

test('one stage writes two outputs, and records without keys keep their order', async () => {
  const write = (from: number, to: number): Step => ({ type: 'write', from, output: to });
  const stages = [
    reading('read', 0, [0]),
    merging('both', 1, [{ type: 'receive', edges: [0] }, write(0, 0), { type: 'call', from: 0, function: ref('filter', 1) }, write(2, 1)]),
  ];
  const items = Array.from({ length: 20 }, (_, i) => i);
  const outputs = [output('all'), output('even')];
  const ran = await run({ stages, edges: [edge(0, 1, { key: [], group: 0, value: { type: 'record' } })], outputs }, [
    () => items,
    (i: number) => i % 2 === 0,
  ]);
  expect([...ran.outputs.keys()]).toEqual(['all', 'even']);
  expect(recordsOf(ran.outputs.get('all')!)).toEqual(items);
  expect(recordsOf(ran.outputs.get('even')!)).toEqual(items.filter(i => i % 2 === 0));
});
