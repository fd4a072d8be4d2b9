// The hash is fixed for ever and spreads keys evenly, in its high bits (partitions) and in its low bits (tables).

import { describe, expect, test } from 'vitest';
import { compareBytes } from '../../../packages/worker/src/data/compare.ts';
import { hashBytes, partitionOf } from '../../../packages/worker/src/data/hash.ts';
import { encodeKey } from '../../../packages/worker/src/data/key-codec.ts';

const memory = new Uint8Array(1000);

function hashOf(key: unknown): number {
  return hashBytes(memory, 3, encodeKey(key, memory, 3, memory.length));
}

const count = 200_000;
const letters = 'etaoinshrdlucmfwypvbgkjqxz';
/** Words as text has them: short, few letters, many that differ in one place. */
const word = (i: number): string => {
  let text = '';
  for (let rest = i + 1; rest > 0; rest = Math.floor(rest / 26)) text += letters[rest % 26];
  return text;
};
const kinds: readonly (readonly [string, (i: number) => unknown])[] = [
  ['words', word],
  ['numbered names', i => `user-${i}`],
  ['integers', i => i],
  ['multiples of 1024', i => i * 1024],
  ['bigints', i => BigInt(i) << 20n],
  ['tuples', i => [i % 500, `day ${Math.floor(i / 500)}`]],
  ['dates', i => new Date(i * 86_400_000)],
];

/** Chi-square of the counts against even ones, in standard deviations from what chance gives. */
function unevenness(counts: Uint32Array, total: number): number {
  const expected = total / counts.length;
  const sum = counts.reduce((chi, seen) => chi + (seen - expected) ** 2 / expected, 0);
  return (sum - (counts.length - 1)) / Math.sqrt(2 * (counts.length - 1));
}

describe('hashBytes', () => {
  test('values are pinned', () => {
    expect(['', 'a', 'the', 'word', 'x'.repeat(40), 0, 1, -1, null, true, 5n, [1, 'a']].map(hashOf)).toEqual([
      1978216625, 3505006002, 2259028068, 1384319806, 2813170193, 1339676103, 551058781, 2587713334, 2806275922, 2193984867, 4245177925,
      3984038894,
    ]);
    expect(hashBytes(memory, 5, 5)).toBe(1294558948);
  });

  test('depends on the bytes alone, not on where they are', () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => (i * 37) & 0xff);
    for (let length = 0; length <= 40; length++) {
      const expected = hashBytes(bytes, 0, length);
      for (let at = 1; at < 9; at++) {
        memory.fill(at);
        memory.set(bytes.subarray(0, length), at);
        expect(hashBytes(memory, at, at + length)).toBe(expected);
      }
    }
  });

  test.each(kinds)('%s are spread evenly over partitions and over table slots', (_, key) => {
    for (const partitions of [2, 7, 64, 1000]) {
      const high = new Uint32Array(partitions);
      for (let i = 0; i < count; i++) {
        const partition = partitionOf(hashOf(key(i)), partitions);
        high[partition] = (high[partition] as number) + 1;
      }
      expect(Math.abs(unevenness(high, count))).toBeLessThan(5);
    }
    const low = new Uint32Array(1024);
    for (let i = 0; i < count; i++) {
      const slot = hashOf(key(i)) & 1023;
      low[slot] = (low[slot] as number) + 1;
    }
    expect(Math.abs(unevenness(low, count))).toBeLessThan(5);
  });

  test.each(kinds)('%s collide no more often than chance', (_, key) => {
    const hashes = new Set<number>();
    for (let i = 0; i < count; i++) hashes.add(hashOf(key(i)));
    // 200,000 of 2³² values: 4.7 collisions are expected; 15 happen once in ten thousand hashes.
    expect(count - hashes.size).toBeLessThan(16);
  });

  test('every bit of the input changes every bit of the hash half of the time', () => {
    for (const length of [1, 4, 7, 9, 13, 24]) {
      for (let bit = 0; bit < length * 8; bit++) {
        const flips = new Uint32Array(32);
        const tries = 400;
        for (let i = 0; i < tries; i++) {
          for (let at = 0; at < length; at++) memory[at] = Math.imul(i * 31 + at, 0x9e3779b1) >>> 24;
          const before = hashBytes(memory, 0, length);
          memory[bit >> 3] = (memory[bit >> 3] as number) ^ (1 << (bit & 7));
          const change = before ^ hashBytes(memory, 0, length);
          for (let out = 0; out < 32; out++) flips[out] = (flips[out] as number) + ((change >>> out) & 1);
        }
        for (const flipped of flips) expect(Math.abs(flipped / tries - 0.5)).toBeLessThan(0.2);
      }
    }
  });
});

test('partitionOf scales the whole range of hashes', () => {
  for (const partitions of [1, 2, 3, 7, 10_000]) {
    expect(partitionOf(0, partitions)).toBe(0);
    expect(partitionOf(0xffff_ffff, partitions)).toBe(partitions - 1);
    const border = Math.ceil(2 ** 32 / partitions);
    if (partitions > 1) expect([partitionOf(border - 1, partitions), partitionOf(border, partitions)]).toEqual([0, 1]);
  }
});

test('compareBytes compares unsigned bytes, and what ends first is smaller', () => {
  const bytes = Uint8Array.from([0x7f, 0x80, 1, 0x7f, 0x80, 1, 2]);
  expect(compareBytes(bytes, 0, 1, bytes, 1, 2)).toBeLessThan(0);
  expect(compareBytes(bytes, 0, 3, bytes, 3, 6)).toBe(0);
  expect(compareBytes(bytes, 0, 3, bytes, 3, 7)).toBeLessThan(0);
  expect(compareBytes(bytes, 3, 7, bytes, 0, 3)).toBeGreaterThan(0);
  expect(compareBytes(bytes, 2, 2, bytes, 5, 5)).toBe(0);
});
