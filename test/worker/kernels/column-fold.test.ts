// Folds of several numbers of a record: places in the fixed memory and lists of partial results give what plain arrays do, and
// a record that has no number leaves no trace.

import { fc, test } from '@fast-check/vitest';
import type { FoldedColumn, Shuffle } from '@sheaf/protocol/graph';
import { describe, expect } from 'vitest';
import { columnFolding, columnFoldOf } from '../../../packages/worker/src/executor/steps/column-folding.ts';
import { jobOfFunctions, shuffled } from '../executor/shuffle.ts';

interface Row {
  readonly key: string;
  readonly a: number;
  readonly b: number;
}

const column = (name: string) => ({ type: 'column', name }) as const;
const columns: readonly FoldedColumn[] = [
  { name: 'n', fold: 'count', of: { type: 'record' } },
  { name: 'sum', fold: 'sum', of: column('a') },
  { name: 'mean', fold: 'mean', of: column('b') },
  { name: 'least', fold: 'min', of: column('a') },
  { name: 'most', fold: 'max', of: { type: 'function', function: { role: 'value', index: 0, code: '' } } },
  { name: 'variance', fold: 'variance', of: column('b') },
];
const product = ({ a, b }: Row): number => 10 * a + b;
const job = jobOfFunctions([product]);

const row = fc.record({ key: fc.constantFrom('', 'x', 'y', 'z'), a: fc.integer({ min: -50, max: 50 }), b: fc.integer({ min: 0, max: 9 }) });

function expected(rows: readonly Row[]): { readonly [name: string]: number } {
  const sumOf = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  const mean = sumOf(rows.map(({ b }) => b)) / rows.length;
  return {
    n: rows.length,
    sum: sumOf(rows.map(({ a }) => a)),
    mean,
    least: Math.min(...rows.map(({ a }) => a)),
    most: Math.max(...rows.map(product)),
    variance: sumOf(rows.map(({ b }) => (b - mean) ** 2)) / rows.length,
  };
}

function expectNear(found: unknown, wanted: { readonly [name: string]: number }): void {
  const { variance, ...rest } = found as { readonly [name: string]: number };
  const { variance: wantedVariance, ...wantedRest } = wanted;
  expect(rest).toEqual(wantedRest);
  expect(variance).toBeCloseTo(wantedVariance as number, 9);
}

describe('a fold of columns', () => {
  test.prop([fc.array(row, { minLength: 1, maxLength: 60 })])('of lists is that of plain arrays', rows => {
    const { first, fold, finish } = columnFolding(columns, job, false);
    const [head, ...others] = rows.map(one => first(one));
    expectNear(finish(others.reduce(fold, head)), expected(rows));
  });

  test.prop([fc.array(fc.array(row, { maxLength: 40 }), { minLength: 1, maxLength: 3 })])('through tables, runs and merge', tasks => {
    const shuffle: Shuffle = {
      ...{ key: [{ select: column('key'), desc: false }], group: 1, value: { type: 'record' }, partitioner: { type: 'hash' } },
      combine: { type: 'columns', columns },
    };
    const { groups } = shuffled({ sides: [{ shuffle, tasks }], functions: [product], partitions: 2, regionBytes: 2_000_000, fanIn: 4 });
    const rows = tasks.flat();
    const found = groups.flat();
    const { finish } = columnFolding(columns, job, true);
    const keys = [...new Set(rows.map(({ key }) => key))].sort();
    expect(found.map(({ key }) => key).sort()).toEqual(keys);
    for (const { key, values } of found) {
      expect(values).toHaveLength(1);
      expectNear(finish(values[0]?.value), expected(rows.filter(one => one.key === key)));
    }
  });

  test('refuses what is no number before anything is folded', () => {
    const { take } = columnFoldOf(columns, job);
    const into: number[] = [];
    expect(() => take({ key: 'x', a: 1, b: '2' }, into)).toThrow("mean folds numbers, but a value for 'mean' is a string");
    expect(() => take({ key: 'x', a: null, b: 2 }, into)).toThrow("sum folds numbers, but a value for 'sum' is null");
    expect(() => take(null, into)).toThrow('a record with columns was expected, but it is null');
  });
});
