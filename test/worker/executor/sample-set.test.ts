// Splitters of samples: as a plain sort of all samples has them, and still even when far more samples came than are held.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SampleSet } from '../../../packages/worker/src/executor/steps/sample-set.ts';
import type { Sample } from '../../../packages/worker/src/executor/steps/samples.ts';

function setOf(samples: readonly Sample[], placesMax?: number): SampleSet {
  const set = new SampleSet(placesMax);
  for (const sample of samples) set.add(sample);
  return set;
}

/** The key at which each share of all bytes has been passed, to the nearest sample. */
function plainSplitters(samples: readonly Sample[], partitions: number): Uint8Array[] {
  const sorted = [...samples].sort((a, b) => Buffer.compare(a.key, b.key));
  const total = samples.reduce((sum, { bytes }) => sum + bytes, 0);
  return Array.from({ length: samples.length === 0 ? 0 : partitions - 1 }, (_, i) => {
    let passed = 0;
    const found = sorted.find(({ bytes }) => {
      if (passed + bytes / 2 >= (total * (i + 1)) / partitions) return true;
      passed += bytes;
      return false;
    });
    return (found ?? (sorted.at(-1) as Sample)).key;
  });
}

const sample = fc.record({ key: fc.uint8Array({ maxLength: 5 }), bytes: fc.integer({ min: 1, max: 1_000 }) });

test('as of a plain sort', () => {
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (samples, partitions) => {
      expect(setOf(samples).splitters(partitions)).toEqual(plainSplitters(samples, partitions).map(key => Uint8Array.from(key)));
    }),
  );
});

function keyOf(number: number): Uint8Array {
  return new Uint8Array(Buffer.from(String(number).padStart(7, '0')));
}

test.each([
  { order: 'as they come from sorted inputs', numberAt: (i: number) => i },
  { order: 'from the largest to the smallest', numberAt: (i: number) => 99_999 - i },
  { order: 'as a hundred tasks send them', numberAt: (i: number) => (i % 1_000) * 100 + Math.floor(i / 1_000) },
])('a hundred times more than are held still cut evenly: $order', ({ numberAt }) => {
  const samples = Array.from({ length: 100_000 }, (_, i) => ({ key: keyOf(numberAt(i)), bytes: 10 }));
  const splitters = setOf(samples, 1_000).splitters(10);
  expect(splitters).toHaveLength(9);
  splitters.forEach((splitter, i) => {
    const off = Math.abs(Number(Buffer.from(splitter).toString()) - (i + 1) * 10_000);
    expect(off).toBeLessThan(1_000);
  });
});

test('nothing sampled is cut nowhere', () => {
  expect(setOf([]).splitters(4)).toEqual([]);
});
