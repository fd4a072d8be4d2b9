// The sorted index of an arena against a stable sort of arrays, with few keys, of which the distinct ones are sorted, and with many.

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { hashBytes, partitionOf } from '../../../packages/worker/src/data/hash.ts';
import { TaskMemory } from '../../../packages/worker/src/data/memory.ts';
import { type IndexTarget, sortedIndex } from '../../../packages/worker/src/executor/shuffle/spill-index.ts';

interface Laid {
  readonly keys: readonly Buffer[];
  /** By record: which key it has. */
  readonly picks: readonly number[];
  readonly ordered: boolean;
  readonly partitions: number;
  readonly partitioning: 'one' | 'hash' | 'function';
}

const memory = new TaskMemory(16);
const { bytes, words } = memory;
const arenaFrom = 4_096;

/** By length, so that it is no hash. */
const partitionByLength = (partitions: number) => (from: number, to: number) => (to - from) % partitions;

function check({ keys, picks, ordered, partitions, partitioning }: Laid): void {
  const before = ordered ? 4 : 0;
  let top = arenaFrom;
  const addresses = picks.map((pick, i) => {
    const key = keys[pick] as Buffer;
    const address = top + before;
    if (ordered) words[top >>> 2] = key.length;
    words[address >>> 2] = key.length;
    words[(address + 4) >>> 2] = i % 40;
    bytes.set(key, address + 8);
    const end = address + 8 + key.length + (i % 40);
    top = (end + 3) & ~3;
    // What lies between keys must not matter.
    bytes.fill(i, address + 8 + key.length, top);
    return address;
  });
  const arena = Buffer.from(bytes.subarray(arenaFrom, top));
  const entries = ((top + 15) & ~15) >>> 2;
  const end = entries + picks.length * 8;
  words.fill(0xdead_beef, entries, end + 4);
  const byLength = partitionByLength(partitions);
  const target: IndexTarget = { memory, entries, partitions, partitioning: partitioning === 'function' ? byLength : partitioning };
  const index = sortedIndex(target, { from: arenaFrom, to: top, ordered });
  const partitionOfKey = (key: Buffer): number => {
    if (partitioning === 'one') return 0;
    return partitioning === 'hash' ? partitionOf(hashBytes(key, 0, key.length), partitions) : byLength(0, key.length);
  };
  const rows = picks.map((pick, i) => ({ key: keys[pick] as Buffer, partition: partitionOfKey(keys[pick] as Buffer), i }));
  rows.sort((a, b) => a.partition - b.partition || Buffer.compare(a.key, b.key) || a.i - b.i);
  expect(index.count).toBe(picks.length);
  const found = rows.map((_, i) => [words[index.entries + i * 4 + 2], words[index.entries + i * 4 + 3]]);
  expect(found).toEqual(rows.map(({ i, partition }) => [addresses[i], partition]));
  expect(arena.equals(bytes.subarray(arenaFrom, top))).toBe(true);
  expect([...words.subarray(end, end + 4)]).toEqual([0xdead_beef, 0xdead_beef, 0xdead_beef, 0xdead_beef]);
}

const terminated = (of: readonly number[]): Buffer => Buffer.from([...of, 0]);
const key = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 20 }).map(terminated),
  fc.array(fc.constantFrom(1, 2), { minLength: 6, maxLength: 18 }).map(end => terminated([7, 7, 7, 7, 7, ...end])),
);
const laid = (keysMax: number): fc.Arbitrary<Laid> =>
  fc
    .record({
      keys: fc.uniqueArray(key, { minLength: 1, maxLength: keysMax, size: 'max', selector: of => of.toString('hex') }),
      seed: fc.nat(),
      count: fc.oneof(fc.integer({ min: 1_000, max: 1_050 }), fc.integer({ min: 1, max: 3_000 })),
      ordered: fc.boolean(),
      partitions: fc.constantFrom(1, 2, 7, 300),
      partitioning: fc.constantFrom('one' as const, 'hash' as const, 'function' as const),
    })
    .map(({ seed, count, ...rest }) => {
      let state = seed;
      const picks = Array.from({ length: count }, () => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
        return (state >>> 12) % rest.keys.length;
      });
      return { ...rest, picks };
    });

describe('the index of an arena is in order', () => {
  test.prop([laid(60)], { numRuns: 40 })('where keys come again and again', check);
  test.prop([laid(270)], { numRuns: 20 })('where they are about as many as may be', check);
  test.prop([laid(900)], { numRuns: 15 })('where most are others', check);
});
