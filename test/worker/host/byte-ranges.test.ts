// Goal: what is asked for is exactly what is missing, joined over small gaps, and never what is here already. Method: the same
// said byte by byte, over files so small that every case comes up.

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import type { ByteRange } from '../../../packages/worker/src/data/read-ranges.ts';
import { overlap, requestsFor, union, without } from '../../../packages/worker/src/host/byte-ranges.ts';

const size = 60;
const range = fc.tuple(fc.nat(size), fc.nat(size)).map(([a, b]): ByteRange => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const ranges = fc.array(range, { maxLength: 8 });

/** For each byte of the file, how many of the ranges hold it. */
function countsOf(list: readonly ByteRange[]): number[] {
  return Array.from({ length: size }, (_, byte) => list.filter(({ from, to }) => from <= byte && byte < to).length);
}

function bytesOf(list: readonly ByteRange[]): boolean[] {
  return countsOf(list).map(count => count > 0);
}

/** In order, none empty, none touching the next. */
function isNormal(list: readonly ByteRange[]): boolean {
  return list.every(({ from, to }, i) => from < to && (list[i + 1]?.from ?? Number.POSITIVE_INFINITY) > to);
}

describe('byte ranges', () => {
  test.prop([ranges])('a union has the same bytes, in order', list => {
    expect(bytesOf(union(list))).toEqual(bytesOf(list));
    expect(isNormal(union(list))).toBe(true);
  });

  test.prop([ranges, ranges])('a difference has the bytes of the one that are not in the other', (list, covered) => {
    const left = without(union(list), union(covered));
    const isCovered = bytesOf(covered);
    expect(bytesOf(left)).toEqual(bytesOf(list).map((isIn, byte) => isIn && !isCovered[byte]));
    expect(isNormal(left)).toBe(true);
  });

  test.prop([range, range])('two overlap when a byte is in both', (a, b) => {
    fc.pre(a.from < a.to && b.from < b.to);
    expect(overlap(a, b)).toBe(countsOf([a, b]).includes(2));
  });

  const want = {
    wanted: ranges,
    covered: ranges,
    gapBytesMax: fc.integer({ min: 0, max: 12 }),
    requestBytesMax: fc.integer({ min: 1, max: 40 }),
  };
  test.prop([fc.record(want)])('requests bring what is missing once, and beside it only small free gaps', drawn => {
    const { gapBytesMax, requestBytesMax } = drawn;
    const requests = requestsFor({ ...drawn, wanted: union(drawn.wanted), covered: union(drawn.covered) });
    const [wanted, covered, asked] = [bytesOf(drawn.wanted), bytesOf(drawn.covered), countsOf(requests)];
    const isMissing = wanted.map((isWanted, byte) => isWanted && !covered[byte]);
    for (let byte = 0; byte < size; byte++) {
      expect(asked[byte]).toBeLessThanOrEqual(covered[byte] ? 0 : 1);
      if (isMissing[byte]) expect(asked[byte]).toBe(1);
    }
    expect(requests.every(({ from, to }) => from < to && to - from <= requestBytesMax)).toBe(true);
    expect(requests).toEqual([...requests].sort((a, b) => a.from - b.from));

    // Between two missing bytes lies what is asked for along with them exactly when it is small and free.
    const missing = isMissing.flatMap((is, byte) => (is ? [byte] : []));
    missing.slice(1).forEach((next, i) => {
      const gap = Array.from({ length: next - (missing[i] ?? 0) - 1 }, (_, at) => next - 1 - at);
      const isFetched = gap.length > 0 && gap.length < gapBytesMax && gap.every(byte => !covered[byte]);
      for (const byte of gap) expect(asked[byte] === 1).toBe(isFetched);
    });
    // Nothing before the first missing byte, nothing behind the last.
    expect(requests[0]?.from).toBe(missing[0]);
    expect(requests.at(-1)?.to).toBe(missing.length === 0 ? undefined : (missing.at(-1) as number) + 1);
    // As few requests as that allows: neighbours that touch are cut because the first is full.
    requests.slice(1).forEach((next, i) => {
      const before = requests[i] as ByteRange;
      if (before.to === next.from) expect(before.to - before.from).toBe(requestBytesMax);
    });
  });
});
