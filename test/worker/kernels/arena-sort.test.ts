// The sort of an arena's index against a stable sort of arrays: partition, key bytes, arrival.

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { hashBytes, partitionOf } from '../../../packages/worker/src/data/hash.ts';
import { TaskMemory } from '../../../packages/worker/src/data/memory.ts';
import { sortArena, sortKernelOf } from '../../../packages/worker/src/kernels/arena-sort.ts';

interface Entry {
  /** Encoded: it ends in 00 and has none before, as no key may be the beginning of another. */
  readonly key: Buffer;
  readonly partition: number;
}

const memory = new TaskMemory(16);

/** Lays the keys into an arena, sorts its index and gives the places of the entries in their new order. */
function sorted(entries: readonly Entry[], partitions: number, skip: number): number[] {
  const { bytes, words } = memory;
  const placeOf = new Map<number, number>();
  let top = 64;
  const addresses = entries.map(({ key }, i) => {
    const address = top;
    placeOf.set(address, i);
    // The bits above a key's length hold flags of the table.
    words[address >>> 2] = key.length | (i % 2 === 0 ? 0 : 1 << 18);
    bytes.set(key, address + 8);
    top = (address + 8 + key.length + 3) & ~3;
    // What lies between keys must not matter.
    bytes.fill(0xff, address + 8 + key.length, top);
    return address;
  });
  const index = {
    bytes,
    words,
    entries: (top + 16) >>> 2,
    spare: ((top + 16) >>> 2) + entries.length * 4,
    count: entries.length,
    partitions,
  };
  words.fill(0xdead_beef, index.entries, index.spare + entries.length * 4);
  addresses.forEach((address, i) => {
    words[index.entries + i * 4 + 2] = address;
    words[index.entries + i * 4 + 3] = entries[i]!.partition;
  });
  sortArena(memory, index, skip);
  return entries.map((_, i) => {
    const entry = index.entries + i * 4;
    const place = placeOf.get(words[entry + 2]!)!;
    expect(words[entry + 3]).toBe(entries[place]!.partition);
    return place;
  });
}

function reference(entries: readonly Entry[]): number[] {
  const places = entries.map((_, i) => i);
  return places.sort((a, b) => entries[a]!.partition - entries[b]!.partition || Buffer.compare(entries[a]!.key, entries[b]!.key) || a - b);
}

function check(entries: readonly Entry[], partitions: number): void {
  const shared = entries.length === 0 ? 0 : sharedPrefix(entries.map(entry => entry.key));
  const expected = reference(entries);
  for (const skip of new Set([0, Math.floor(shared / 2), shared])) expect(sorted(entries, partitions, skip)).toEqual(expected);
}

function sharedPrefix(keys: readonly Buffer[]): number {
  const [first] = keys as [Buffer];
  let length = first.length;
  for (const key of keys) while (Buffer.compare(key.subarray(0, length), first.subarray(0, length)) !== 0) length--;
  return length;
}

const terminated = (bytes: readonly number[] | Uint8Array): Buffer => Buffer.from([...bytes, 0]);
const byte = fc.oneof(fc.constantFrom(1, 2, 127, 128, 254, 255), fc.integer({ min: 1, max: 255 }));
const tail = fc.array(byte, { maxLength: 12 });
const key = fc.oneof(
  tail.map(terminated),
  // Prefixes shared over no, one or several radix words.
  fc
    .tuple(fc.constantFrom(0, 3, 7, 8, 9, 15, 16, 40), fc.array(fc.constantFrom(1, 255), { maxLength: 3 }))
    .map(([length, end]) => terminated([...new Uint8Array(length).fill(7), ...end])),
  fc.uint8Array({ min: 1, minLength: 20, maxLength: 80 }).map(terminated),
);
const entriesOf = (length: number, of: fc.Arbitrary<Buffer>): fc.Arbitrary<{ entries: Entry[]; partitions: number }> =>
  fc
    .constantFrom(1, 2, 7, 500)
    .chain(partitions =>
      fc
        .array(fc.record({ key: of, partition: fc.nat(partitions - 1) }), { maxLength: length, size: 'max' })
        .map(entries => ({ entries, partitions })),
    );

describe('sortArena', () => {
  test.prop([entriesOf(24, key)], { numRuns: 200 })('by insertion', ({ entries, partitions }) => check(entries, partitions));

  test.prop([entriesOf(400, key)], { numRuns: 100 })('by radix passes', ({ entries, partitions }) => check(entries, partitions));

  const few = fc.constantFrom(
    ...[[], [1], [1, 1], Array(30).fill(9), [...Array(30).fill(9), 1], [...Array(30).fill(9), 2]].map(terminated),
  );
  test.prop([entriesOf(400, few)], { numRuns: 100 })('with few keys, many times each', ({ entries, partitions }) =>
    check(entries, partitions),
  );

  test.prop([fc.array(tail, { minLength: 1, maxLength: 8 }), fc.integer({ min: 25, max: 200 })], { numRuns: 60 })(
    'with long shared prefixes behind different beginnings',
    (ends, count) => {
      const entries = Array.from({ length: count }, (_, i): Entry => {
        const filler = new Uint8Array(1 + ((i * 13) % 4) * 11).fill(3 + (i % 2));
        return { key: terminated([...filler, ...ends[(i * 7) % ends.length]!]), partition: i % 3 };
      });
      check(entries, 3);
    },
  );

  test('keeps the order of arrival of thousands of equal keys, the empty one too', () => {
    for (const one of [Buffer.alloc(0), terminated([]), terminated([5]), terminated(new Uint8Array(100).fill(8))]) {
      check(
        Array.from({ length: 5_000 }, (_, i) => ({ key: one, partition: (i * 31) % 4 })),
        4,
      );
    }
  });

  test.prop([fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 8, maxLength: 8 }), fc.integer({ min: 1, max: 40 }), fc.nat()], {
    numRuns: 15,
  })('where a few digits tell most keys apart, and one stretch is left that is long', (common, share, seed) => {
    let state = seed;
    const random = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 16;
    };
    const entries = Array.from({ length: 3_000 }, (_, i): Entry => {
      const bytes = Array.from({ length: 10 }, () => 1 + (random() % 255));
      // The clustered ones part behind some digits of the prefix that they have in common, or behind all of it.
      const shared = i % share === 0 ? 1 + (random() % 8) : 0;
      for (let at = 0; at < shared; at++) bytes[at] = 1 + (common[at]! % 255);
      return { key: terminated(bytes.map((value, at) => (at === 5 ? 1 + (value % 3) : value))), partition: random() % 2 };
    });
    check(entries, 2);
  });

  test('sorts numbers, where every byte of the prefix is in use', () => {
    const entries = Array.from({ length: 3_000 }, (_, i): Entry => {
      const encoded = Buffer.alloc(9);
      encoded[0] = 0x30;
      encoded.writeDoubleBE(Math.sin(i) * 10 ** (i % 30), 1);
      return { key: encoded, partition: 0 };
    });
    check(entries, 1);
  });
});

test.prop([
  fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 50 }),
  fc.constantFrom(1, 2, 7, 1_000, 65_536),
  fc.constantFrom(-4, 0, 4),
])('partitions are those of the hash, by the length wherever it lies', (keys, partitions, groupAt) => {
  const { bytes, words } = memory;
  const entries = 65_536;
  let record = 1_024;
  keys.forEach((one, i) => {
    words[(record + groupAt) >>> 2] = one.length | (1 << 18);
    bytes.set(one, record + 8);
    words[entries + i * 4 + 2] = record;
    record = (record + 12 + one.length + 3) & ~3;
  });
  sortKernelOf(memory).partition(entries * 4, keys.length, groupAt, partitions);
  const expected = keys.map(one => partitionOf(hashBytes(one, 0, one.length), partitions));
  expect(keys.map((_, i) => words[entries + i * 4 + 3])).toEqual(expected);
});
