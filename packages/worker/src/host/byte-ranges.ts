// Arithmetic of byte ranges: which bytes of a file are here, which are wanted, and what to ask for. Lists that these functions
// give are in order, and their ranges are not empty and do not touch.

import type { ByteRange } from '../data/read-ranges.ts';

/** All bytes of these ranges, which may be in any order, empty or overlapping. */
export function union(ranges: readonly ByteRange[]): ByteRange[] {
  const joined: ByteRange[] = [];
  for (const range of ranges.filter(({ from, to }) => from < to).sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last === undefined || last.to < range.from) joined.push(range);
    else if (last.to < range.to) joined[joined.length - 1] = { from: last.from, to: range.to };
  }
  return joined;
}

/** The bytes of `ranges` that are not in `covered`; each list as `union` gives it. */
export function without(ranges: readonly ByteRange[], covered: readonly ByteRange[]): ByteRange[] {
  const left: ByteRange[] = [];
  let at = 0;
  for (const { from, to } of ranges) {
    let begin = from;
    while ((covered[at]?.to ?? Number.POSITIVE_INFINITY) <= begin) at++;
    for (let next = covered[at]; next !== undefined && next.from < to; next = covered[at]) {
      if (next.from > begin) left.push({ from: begin, to: next.from });
      begin = next.to;
      // One that reaches further may cover of the next range too.
      if (next.to > to) break;
      at++;
    }
    if (begin < to) left.push({ from: begin, to });
  }
  return left;
}

export function overlap(a: ByteRange, b: ByteRange): boolean {
  return a.from < b.to && b.from < a.to;
}

export interface Want {
  /** As `union` gives it. */
  readonly wanted: readonly ByteRange[];
  /** What is here or on its way, as `union` gives it: it is never asked for again. */
  readonly covered: readonly ByteRange[];
  /** Fewer bytes than these between two wanted ranges are asked for too, in place of asking twice. */
  readonly gapBytesMax: number;
  /** What one request may ask for. */
  readonly requestBytesMax: number;
}

/** What to ask for, in file order. */
export function requestsFor({ wanted, covered, gapBytesMax, requestBytesMax }: Want): ByteRange[] {
  const missing = without(wanted, covered);
  // Of the gaps between what is missing, those that are small and wholly free.
  const gaps = missing.slice(1).map((next, i): ByteRange => ({ from: (missing[i] as ByteRange).to, to: next.from }));
  const free = gaps.filter(gap => gap.to - gap.from < gapBytesMax && !covered.some(range => overlap(gap, range)));
  return union([...missing, ...free]).flatMap(range => cut(range, requestBytesMax));
}

function cut({ from, to }: ByteRange, bytesMax: number): ByteRange[] {
  const pieces: ByteRange[] = [];
  for (let at = from; at < to; at += bytesMax) pieces.push({ from: at, to: Math.min(to, at + bytesMax) });
  return pieces;
}
