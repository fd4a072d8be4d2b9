// The checksum of a block against one word at a time, and what it promises: a change within one word is always seen.

import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { TaskMemory } from '../../../packages/worker/src/data/memory.ts';
import { checksumKernelOf } from '../../../packages/worker/src/kernels/checksum-kernel.ts';

const memory = new TaskMemory(16);
const { checksum } = checksumKernelOf(memory);
const at = 4_099;

const blocks = fc.uint8Array({ maxLength: 700 });

function checksumOf(bytes: Uint8Array, seed: number): number {
  // What lies around them must not matter.
  memory.bytes.fill(0xa5, at - 200, at + bytes.length + 200);
  memory.bytes.set(bytes, at);
  return checksum(at, bytes.length, seed);
}

function step(lane: number, word: number): number {
  const mixed = Math.imul(lane ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

function reference(bytes: Uint8Array, seed: number): number {
  const words = Buffer.from(bytes);
  const inLanes = bytes.length - (bytes.length % 128);
  const lanes = Array.from({ length: inLanes === 0 ? 0 : 32 }, (_, lane) => lane + 1);
  for (let i = 0; i < inLanes; i += 4) lanes[(i / 4) % 32] = step(lanes[(i / 4) % 32]!, words.readInt32LE(i));
  let sum = lanes.reduce(step, step(seed, bytes.length));
  const inWords = bytes.length - (bytes.length % 4);
  for (let i = inLanes; i < inWords; i += 4) sum = step(sum, words.readInt32LE(i));
  for (let i = inWords; i < bytes.length; i++) sum = step(sum, bytes[i]!);
  return sum;
}

test.prop([blocks, fc.integer()])('is that of its words', (bytes, seed) => {
  expect(checksumOf(bytes, seed)).toBe(reference(bytes, seed));
});

test.prop([fc.uint8Array({ minLength: 1, maxLength: 700 }), fc.nat(), fc.integer({ min: 1 })])(
  'changes with any change of one word',
  (bytes, place, change) => {
    const whole = bytes.length - (bytes.length % 4);
    const i = place % bytes.length;
    const changed = Buffer.from(bytes);
    if (i >= whole) changed[i]! ^= change & 255 || 1;
    else changed.writeInt32LE(changed.readInt32LE(i & ~3) ^ change, i & ~3);
    expect(checksumOf(changed, 0)).not.toBe(checksumOf(bytes, 0));
  },
);

test.prop([blocks, fc.nat(), fc.nat()])('changes when two words change places', (bytes, one, other) => {
  const words = new Int32Array(bytes.slice(0, bytes.length & ~3).buffer);
  fc.pre(words.length > 0);
  const [i, j] = [one % words.length, other % words.length];
  fc.pre(words[i] !== words[j]);
  const before = checksumOf(new Uint8Array(words.buffer), 0);
  [words[i], words[j]] = [words[j]!, words[i]!];
  expect(checksumOf(new Uint8Array(words.buffer), 0)).not.toBe(before);
});

test('changes with the length of what is nothing but zeros, and with what comes before', () => {
  const sums = Array.from({ length: 600 }, (_, length) => checksumOf(new Uint8Array(length), 0));
  expect(new Set(sums).size).toBe(sums.length);
  expect(checksumOf(new Uint8Array(9), 1)).not.toBe(checksumOf(new Uint8Array(9), 2));
});
