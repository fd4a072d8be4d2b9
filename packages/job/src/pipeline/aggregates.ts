// Named aggregates: how a value of a group starts, how two partial results are put together, and what is delivered in the end.
// Each is associative and commutative, so it always has a combiner; partial results are plain data that travel between tasks.

import { UsageError } from '@sheaf/protocol';
import type { FoldedColumn } from '@sheaf/protocol/graph';
import { type brand, internalsOf, withInternals } from '../brand.ts';
import type { ColumnsOf, Select } from '../inference.ts';
import type { Key } from '../keys.ts';
import type { AnyFunction } from '../user-function.ts';
import { type Selector, selectorOf } from './selectors.ts';
import {
  binOf,
  distinctOf,
  edgesOf,
  type Histogram,
  type HistogramBins,
  histogramOf,
  mergeCounts,
  mergeDistinct,
  mergeQuantiles,
  type Quantiles,
  quantileOf,
  startDistinct,
  startQuantiles,
} from './sketches.ts';

/** A named aggregate over records V. */
export interface Aggregate<in V, out A> {
  readonly [brand]: (record: V) => A;
}

/** What lies under `internals` of an aggregate. */
export interface AggregateDefinition {
  readonly type: 'aggregate';
  /** What the graph's hash is of: the kind, and the selector's text. */
  readonly text: string;
  /** The column it reads, to be checked against what is known of the records. */
  readonly column: string | null;
  /** Only numbers mean anything to it. */
  readonly ofNumbers: boolean;
  /** How the engine folds it on bytes, where it can: of numbers alone. */
  readonly folds: FoldedColumn['fold'] | null;
  /** Of what it is; null: it only counts. */
  readonly selector: Selector | null;
  start(value: unknown): unknown;
  merge(a: never, b: never): unknown;
  finish(partial: never): unknown;
}

/**
 * What an aggregate of a column N or a function to A gives. Two parameters, because one for both would leave the function's
 * record untyped; N is every column when a function was given, so that A must be asked first.
 */
export type Aggregated<V, N, A> = [A] extends [never] ? V[N & keyof V] : A;

export interface Aggregates {
  /**
   * @example
   * sales.keyBy('day').aggregate({ x: agg.count() }) // ["mon", { "x": 2 }], ["tue", { "x": 2 }]
   */
  count(): Aggregate<unknown, number>;
  /**
   * @example
   * sales.keyBy('day').aggregate({ x: agg.sum('amount') }) // ["mon", { "x": 17 }], ["tue", { "x": 28 }]
   */
  sum<V>(of: Select<V, number>): Aggregate<V, number>;
  /**
   * @example
   * sales.keyBy('day').aggregate({ x: agg.mean(sale => sale.amount * 2) }) // ["mon", { "x": 17 }], ["tue", { "x": 28 }]
   */
  mean<V>(of: Select<V, number>): Aggregate<V, number>;
  /**
   * By the order of keys; of equals the first stays.
   * @example
   * sales.keyBy('day').aggregate({ x: agg.min('user') }) // ["mon", { "x": "ann" }], ["tue", { "x": "ann" }]
   */
  min<V, A extends Key = never, N extends ColumnsOf<V, Key> = never>(of: N | ((record: V) => A)): Aggregate<V, Aggregated<V, N, A>>;
  /**
   * @example
   * sales.keyBy('day').aggregate({ x: agg.max('user') }) // ["mon", { "x": "bob" }], ["tue", { "x": "cy" }]
   */
  max<V, A extends Key = never, N extends ColumnsOf<V, Key> = never>(of: N | ((record: V) => A)): Aggregate<V, Aggregated<V, N, A>>;
  /**
   * Of the whole population, by Welford's method, merged as Chan et al. (1979) have it.
   * @example
   * sales.keyBy('day').aggregate({ x: agg.variance('amount') }) // ["mon", { "x": 12.25 }], ["tue", { "x": 36 }]
   */
  variance<V>(of: Select<V, number>): Aggregate<V, number>;
  /**
   * In input order.
   * @example
   * sales.keyBy('day').aggregate({ x: agg.first('id') }) // ["mon", { "x": 1 }], ["tue", { "x": 3 }]
   */
  first<V, A = never, N extends ColumnsOf<V, unknown> = never>(of: N | ((record: V) => A)): Aggregate<V, Aggregated<V, N, A>>;
  /**
   * @example
   * sales.keyBy('day').aggregate({ x: agg.last('id') }) // ["mon", { "x": 2 }], ["tue", { "x": 4 }]
   */
  last<V, A = never, N extends ColumnsOf<V, unknown> = never>(of: N | ((record: V) => A)): Aggregate<V, Aggregated<V, N, A>>;
  /**
   * The value at rank ⌈q · n⌉: exactly up to 1,024 values, then within 1 % of it (DDSketch); the least and the most always are.
   * @example
   * sales.keyBy('day').aggregate({ x: agg.quantile('amount', 0.5) }) // ["mon", { "x": 5 }], ["tue", { "x": 8 }]
   */
  quantile<V>(of: Select<V, number>, q: number): Aggregate<V, number>;
  /**
   * How many values lie in each bin. Exact.
   * @example
   * sales.keyBy('day').aggregate({ x: agg.histogram('amount', { edges: [0, 10, 30] }) }).mapValues(({ x }) => x.bins.map(bin => bin.count))
   * // ["mon", [1, 1]], ["tue", [1, 1]]
   */
  histogram<V>(of: Select<V, number>, bins: HistogramBins): Aggregate<V, Histogram>;
  /**
   * How many different keys: exactly below 2,048, then with a standard error of 0.81 % (HyperLogLog, 16 KB for each key).
   * @example
   * sales.keyBy('day').aggregate({ x: agg.distinctCount('user') }) // ["mon", { "x": 2 }], ["tue", { "x": 2 }]
   */
  distinctCount<V>(of: Select<V, Key>): Aggregate<V, number>;
  /**
   * All of them, in input order: a group must fit into a record.
   * @example
   * sales.keyBy('day').aggregate({ x: agg.collect('id') }) // ["mon", { "x": [1, 2] }], ["tue", { "x": [3, 4] }]
   */
  collect<V, A = never, N extends ColumnsOf<V, unknown> = never>(of: N | ((record: V) => A)): Aggregate<V, Aggregated<V, N, A>[]>;
}

const same = (partial: unknown): unknown => partial;
const add = (a: number, b: number): number => a + b;
const counting = { text: 'count', column: null, ofNumbers: false, folds: 'count', selector: null } as const;
const foldedOnBytes: readonly string[] = ['sum', 'mean', 'min', 'max', 'variance'] satisfies FoldedColumn['fold'][];

export const agg: Aggregates = {
  count: () => made({ ...counting, start: () => 1, merge: add, finish: same }),
  sum: of => selected('sum', of, { merge: add }),
  mean: of =>
    selected('mean', of, { start: value => [value, 1], merge: addPairs, finish: ([sum, count]: readonly [number, number]) => sum / count }),
  min: of => selected('min', of, { merge: (a: unknown, b: unknown) => (comesBefore(b, a) ? b : a) }),
  max: of => selected('max', of, { merge: (a: unknown, b: unknown) => (comesBefore(a, b) ? b : a) }),
  variance: of =>
    selected('variance', of, {
      start: value => [1, value, 0],
      merge: mergeMoments,
      finish: ([count, , squares]: Moments) => squares / count,
    }),
  first: of => selected('first', of, { merge: (a: unknown) => a }),
  last: of => selected('last', of, { merge: (_: unknown, b: unknown) => b }),
  quantile: (of, q) => {
    if (typeof q !== 'number' || !(q >= 0 && q <= 1)) throw new UsageError(`agg.quantile takes a number from 0 to 1, not ${String(q)}.`);
    const finish = (state: Quantiles): number => quantileOf(state, q);
    return selected('quantile', of, { start: startQuantiles, merge: mergeQuantiles, finish, options: String(q) });
  },
  histogram: (of, bins) => {
    const edges = edgesOf(bins);
    const finish = (counts: Parameters<typeof histogramOf>[1]): Histogram => histogramOf(edges, counts);
    const start = (value: unknown): unknown => [[binOf(edges, value), 1]];
    return selected('histogram', of, { start, merge: mergeCounts, finish, options: edges.join(' ') });
  },
  distinctCount: of => selected('distinctCount', of, { start: startDistinct, merge: mergeDistinct, finish: distinctOf }),
  collect: of => selected('collect', of, { start: value => [value], merge: (a: unknown[], b: unknown[]) => [...a, ...b] }),
};

/** The definition of an aggregate; undefined for anything else. */
export function aggregateDefinition(aggregate: unknown): AggregateDefinition | undefined {
  const definition = internalsOf(aggregate);
  return definition?.type === 'aggregate' ? (definition as AggregateDefinition) : undefined;
}

interface Parts {
  readonly start?: (value: unknown) => unknown;
  readonly merge: AnyFunction;
  readonly finish?: AnyFunction;
  /** What it was given beside the selector. */
  readonly options?: string;
}

function selected<V, A>(name: string, of: unknown, parts: Parts): Aggregate<V, A> {
  const selector = selectorOf(of, `agg.${name}`);
  const { start = same, merge, finish = same, options } = parts;
  const ofNumbers = ['sum', 'mean', 'variance', 'quantile', 'histogram'].includes(name);
  return made({
    text: `${name}(${selector.text}${options === undefined ? '' : `, ${options}`})`,
    column: selector.column,
    ofNumbers,
    folds: foldedOnBytes.includes(name) ? (name as FoldedColumn['fold']) : null,
    selector,
    start: value => start(selector.pick(value)),
    merge,
    finish,
  });
}

function made<V, A>(definition: Omit<AggregateDefinition, 'type'>): Aggregate<V, A> {
  return withInternals({}, { type: 'aggregate', ...definition }) as Aggregate<V, A>;
}

function addPairs(a: readonly [number, number], b: readonly [number, number]): [number, number] {
  return [a[0] + b[0], a[1] + b[1]];
}

/** Count, mean, and sum of squared distances from the mean. */
type Moments = readonly [count: number, mean: number, squares: number];

function mergeMoments(a: Moments, b: Moments): Moments {
  const count = a[0] + b[0];
  const distance = b[1] - a[1];
  return [count, a[1] + (distance * b[0]) / count, a[2] + b[2] + (distance * distance * a[0] * b[0]) / count];
}

/** The order of keys, for values of one type; null comes first. */
function comesBefore(a: unknown, b: unknown): boolean {
  if (a === null || b === null) return a === null && b !== null;
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b) < 0;
  if (isList(a) && isList(b)) return listComesBefore(a, b);
  if (typeof a === typeof b) return (a as number) < (b as number);
  throw new UsageError(`agg.min and agg.max compare values of one type, not ${typeof a} and ${typeof b}`);
}

/** Tuples item by item, bytes byte by byte. */
function isList(value: unknown): value is readonly unknown[] | Uint8Array {
  return Array.isArray(value) || value instanceof Uint8Array;
}

function listComesBefore(a: readonly unknown[] | Uint8Array, b: readonly unknown[] | Uint8Array): boolean {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (comesBefore(a[i], b[i])) return true;
    if (comesBefore(b[i], a[i])) return false;
  }
  return a.length < b.length;
}

/** By code points, which is the order of UTF-8 bytes: surrogates order above what lies between them and U+FFFF. */
function compareText(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
