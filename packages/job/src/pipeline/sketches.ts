// Aggregates whose exact answer may take more memory than a group should: each is exact while there is little, then a sketch of
// bounded size. What a sketch holds depends on the values alone, not on the order they were merged in, and it is plain data.
//   quantiles: up to 1,024 values as they are, then DDSketch (Masson, Rim, Lee, 2019): within 1 % of the value
//   distinct counts: up to 2,048 hashes of 64 bits, then HyperLogLog with 16,384 registers: standard error 0.81 %

import { UsageError } from '@sheaf/protocol';
import { hashOfKey } from './key-hash.ts';

const exactValuesMax = 1_024;
const exactHashesMax = 2_048;
const hashBytes = 8;

/** Values as they are, or how many lie in each bucket: [bucket, count] by bucket. */
export type Quantiles =
  | { readonly values: readonly number[] }
  | {
      readonly least: number;
      readonly most: number;
      readonly zeros: number;
      readonly negative: readonly (readonly [number, number])[];
      readonly positive: readonly (readonly [number, number])[];
    };
type Buckets = Exclude<Quantiles, { readonly values: unknown }>;

/** The boundary of bucket i is growth to the i: its middle is within 1 % of all it holds. */
const accuracy = 0.01;
const growth = (1 + accuracy) / (1 - accuracy);
const logOfGrowth = Math.log(growth);

export function startQuantiles(value: unknown): Quantiles {
  if (typeof value === 'number' && Number.isFinite(value)) return { values: [value] };
  throw new TypeError(`agg.quantile takes finite numbers, not ${typeof value === 'number' ? value : typeof value}`);
}

export function mergeQuantiles(a: Quantiles, b: Quantiles): Quantiles {
  if ('values' in a && 'values' in b && a.values.length + b.values.length <= exactValuesMax) return { values: [...a.values, ...b.values] };
  const left = bucketsOf(a);
  const right = bucketsOf(b);
  return {
    least: Math.min(left.least, right.least),
    most: Math.max(left.most, right.most),
    zeros: left.zeros + right.zeros,
    negative: mergedBuckets(left.negative, right.negative),
    positive: mergedBuckets(left.positive, right.positive),
  };
}

/** The value at rank ⌈q · n⌉ of n, the first at least. */
export function quantileOf(state: Quantiles, q: number): number {
  if ('values' in state) {
    const sorted = [...state.values].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number;
  }
  const { least, most, zeros, negative, positive } = state;
  const count = zeros + [...negative, ...positive].reduce((sum, [, n]) => sum + n, 0);
  let left = Math.max(1, Math.ceil(q * count));
  if (left === 1) return least;
  if (left === count) return most;
  const within = (value: number): number => Math.min(most, Math.max(least, value));
  for (const [bucket, n] of [...negative].reverse()) {
    left -= n;
    if (left <= 0) return within(-middleOf(bucket));
  }
  left -= zeros;
  if (left <= 0) return 0;
  for (const [bucket, n] of positive) {
    left -= n;
    if (left <= 0) return within(middleOf(bucket));
  }
  return most;
}

function middleOf(bucket: number): number {
  return (2 * growth ** bucket) / (growth + 1);
}

function bucketsOf(state: Quantiles): Buckets {
  if (!('values' in state)) return state;
  const negative = new Map<number, number>();
  const positive = new Map<number, number>();
  let zeros = 0;
  for (const value of state.values) {
    if (value === 0) {
      zeros++;
      continue;
    }
    const side = value < 0 ? negative : positive;
    const bucket = Math.ceil(Math.log(Math.abs(value)) / logOfGrowth);
    side.set(bucket, (side.get(bucket) ?? 0) + 1);
  }
  const byBucket = (side: Map<number, number>): [number, number][] => [...side].sort((a, b) => a[0] - b[0]);
  return {
    least: Math.min(...state.values),
    most: Math.max(...state.values),
    zeros,
    negative: byBucket(negative),
    positive: byBucket(positive),
  };
}

function mergedBuckets(a: Buckets['positive'], b: Buckets['positive']): [number, number][] {
  const merged = new Map<number, number>();
  for (const [bucket, n] of [...a, ...b]) merged.set(bucket, (merged.get(bucket) ?? 0) + n);
  return [...merged].sort((x, y) => x[0] - y[0]);
}

/** Sorted hashes of 8 bytes each, or registers. */
export type Distinct = Uint8Array;

const registerBits = 14;
const registers = 1 << registerBits;
/** A register counts the leading zeros of the other bits, plus one. */
const otherBits = 64 - registerBits;

/** 16,384 bytes are registers, fewer are hashes: more than 2,047 hashes never are. */
function isRegisters(state: Distinct): boolean {
  return state.length === registers;
}

export function startDistinct(value: unknown): Distinct {
  const state = new Uint8Array(hashBytes);
  const [high, low] = hashOfKey(value);
  const view = new DataView(state.buffer);
  view.setUint32(0, high);
  view.setUint32(4, low);
  return state;
}

export function mergeDistinct(a: Distinct, b: Distinct): Distinct {
  if (!isRegisters(a) && !isRegisters(b)) {
    const union = unionOf(a, b);
    return union.length < exactHashesMax * hashBytes ? union : registersOf(union);
  }
  const left = registersOf(a);
  const right = registersOf(b);
  return left.map((register, i) => Math.max(register, right[i] as number));
}

/** How many there are, or about how many: Ertl's estimate (2017), which needs no correction by tables. */
export function distinctOf(state: Distinct): number {
  if (!isRegisters(state)) return state.length / hashBytes;
  const counts = new Array<number>(otherBits + 2).fill(0);
  for (const register of state) counts[register] = (counts[register] as number) + 1;
  let z = registers * tau(1 - (counts[otherBits + 1] as number) / registers);
  for (let k = otherBits; k >= 1; k--) z = 0.5 * (z + (counts[k] as number));
  z += registers * sigma((counts[0] as number) / registers);
  return Math.round(((registers / (2 * Math.LN2)) * registers) / z);
}

function unionOf(a: Distinct, b: Distinct): Distinct {
  const union = new Uint8Array(a.length + b.length);
  let to = 0;
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const order = i === a.length ? 1 : j === b.length ? -1 : compare(a, i, b, j);
    const source = order <= 0 ? a.subarray(i, i + hashBytes) : b.subarray(j, j + hashBytes);
    union.set(source, to);
    to += hashBytes;
    if (order <= 0) i += hashBytes;
    if (order >= 0) j += hashBytes;
  }
  return union.slice(0, to);
}

function compare(a: Distinct, i: number, b: Distinct, j: number): number {
  for (let k = 0; k < hashBytes; k++) {
    const difference = (a[i + k] as number) - (b[j + k] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function registersOf(state: Distinct): Distinct {
  if (isRegisters(state)) return state;
  const made = new Uint8Array(registers);
  const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
  for (let at = 0; at < state.length; at += hashBytes) {
    const high = view.getUint32(at);
    const rest = (high << registerBits) >>> 0;
    const zeros = rest !== 0 ? Math.clz32(rest) : 32 - registerBits + Math.clz32(view.getUint32(at + 4));
    const register = high >>> (32 - registerBits);
    made[register] = Math.max(made[register] as number, zeros + 1);
  }
  return made;
}

function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  let power = x;
  let y = 1;
  let z = x;
  for (let before = Number.NaN; before !== z; ) {
    power *= power;
    before = z;
    z += power * y;
    y += y;
  }
  return z;
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let y = 1;
  let z = 1 - x;
  for (let before = Number.NaN; before !== z; ) {
    root = Math.sqrt(root);
    before = z;
    y *= 0.5;
    z -= (1 - root) ** 2 * y;
  }
  return z / 3;
}

/** Bounds of bins, which follow each other: a value belongs to the bin that begins at or below it. */
export type HistogramBins = { readonly edges: readonly number[] } | { readonly from: number; readonly to: number; readonly bins: number };

export interface Histogram {
  /** Values below the first bin, and above the last, whose end belongs to it. */
  readonly below: number;
  readonly above: number;
  readonly bins: { readonly from: number; readonly to: number; readonly count: number }[];
}

const binsMax = 10_000;

/** The edges of bins. Throws UsageError for bins that are none. */
export function edgesOf(given: HistogramBins): readonly number[] {
  const wanted = 'agg.histogram takes { edges: [0, 10, 100] }, numbers that rise, or { from: 0, to: 100, bins: 20 }';
  if (typeof given !== 'object' || given === null) throw new UsageError(`${wanted}.`);
  const even = 'edges' in given ? null : given;
  const whole = even === null || (Number.isSafeInteger(even.bins) && even.bins > 0 && even.bins <= binsMax);
  if (!whole) throw new UsageError(`${wanted}; bins are 1 to ${binsMax}.`);
  const edges =
    even === null
      ? [...(given as { readonly edges: readonly number[] }).edges]
      : Array.from({ length: even.bins + 1 }, (_, i) => even.from + ((even.to - even.from) * i) / even.bins);
  const rising = edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > (edges[i - 1] as number)));
  if (!rising || edges.length < 2 || edges.length > binsMax + 1) throw new UsageError(`${wanted}.`);
  return edges;
}

/** Which count a value raises: 0 is below, then the bins, then above. */
export function binOf(edges: readonly number[], value: unknown): number {
  if (typeof value !== 'number' || Number.isNaN(value)) throw new TypeError(`agg.histogram takes numbers, not ${String(value)}`);
  if (value === edges.at(-1)) return edges.length - 1;
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Counts by bin, where there are any: [bin, count] by bin. */
export function histogramOf(edges: readonly number[], counts: readonly (readonly [number, number])[]): Histogram {
  const all = new Array<number>(edges.length + 1).fill(0);
  for (const [bin, count] of counts) all[bin] = count;
  const bins = edges.slice(1).map((to, i) => ({ from: edges[i] as number, to, count: all[i + 1] as number }));
  return { below: all[0] as number, above: all[edges.length] as number, bins };
}

export { mergedBuckets as mergeCounts };
