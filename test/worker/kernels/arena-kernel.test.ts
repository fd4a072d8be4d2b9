// The arena against a list that counts bytes by the rule the arena promises.

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { KeyTooLarge } from '../../../packages/worker/src/data/bad-key.ts';
import { encodeKey, encodeTextKey } from '../../../packages/worker/src/data/key-codec.ts';
import { encodeTextValue, encodeValue } from '../../../packages/worker/src/data/value-codec.ts';
import { keyWriterOf } from '../../../packages/worker/src/executor/steps/selects.ts';
import { type Arena, arenaKernel } from '../../../packages/worker/src/kernels/arena-kernel.ts';
import { instantiate } from '../../../packages/worker/src/kernels/instantiate.ts';
import { jobOfFunctions } from '../executor/shuffle.ts';

interface Row {
  readonly key: readonly unknown[];
  readonly value: unknown;
}
/** `group length:key:value`, the bytes in hex. */
type Stored = string;

interface ArenaOptions {
  readonly bytesMax: number;
  /** By part of the key: whether it is descending. The first is the group. */
  readonly desc: readonly boolean[];
  readonly keyOnly?: boolean;
  readonly recordBytesMax?: number;
}

const job = jobOfFunctions([]);
const { memory } = job;
const scratch = new Uint8Array(4 * 1_048_576);
const arenaFrom = 64;
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function arenaOf({ bytesMax, desc, keyOnly = false, recordBytesMax }: ArenaOptions): { arena: Arena; flushes: Stored[][] } {
  const keys = keyWriterOf(
    desc.map((down, index) => ({ select: { type: 'item', index }, desc: down })),
    1,
    job,
  );
  const flushes: Stored[][] = [];
  const ordered = desc.length > 1;
  const arena: Arena = instantiate(arenaKernel)({
    bytes: memory.bytes,
    words: memory.words,
    arenaFrom,
    arenaTo: arenaFrom + Math.ceil(bytesMax * 1.5) + 64,
    bytesMax,
    recordBytesMax: recordBytesMax ?? bytesMax - 32,
    pickKey: record => (record as Row).key[0],
    pickValue: record => (record as Row).value,
    simple: keys.simple,
    keyOnly,
    ordered,
    putKey: (record, at, limit) => keys.putKey((record as Row).key, at, limit),
    groupLength: keys.groupLength,
    ...{ encodeKey, encodeTextKey, encodeValue, encodeTextValue },
    tooLarge: () => {
      throw new RangeError('too large');
    },
    flush: () => {
      flushes.push(storedIn(arena, ordered));
      // What a spill does to the memory behind the records must not matter.
      memory.bytes.fill(0xaa, arena.top(), arena.top() + 32);
      arena.clear();
    },
  });
  return { arena, flushes };
}

function storedIn(arena: Arena, ordered: boolean): Stored[] {
  const { words, bytes } = memory;
  const list: Stored[] = [];
  for (let at = arenaFrom; at < arena.top(); ) {
    const address = ordered ? at + 4 : at;
    const keyLength = words[address >>> 2]!;
    const valueLength = words[(address >>> 2) + 1]!;
    const value = address + 8 + keyLength;
    const group = ordered ? words[at >>> 2]! : keyLength;
    list.push(`${group}:${hexOf(bytes.slice(address + 8, value))}:${hexOf(bytes.slice(value, value + valueLength))}`);
    at = (value + valueLength + 3) & ~3;
  }
  expect(arena.count()).toBe(list.length);
  return list;
}

/** Flushes before the record that would bring the count of key + value + 32 over the limit. */
function reference(rows: readonly Row[], { bytesMax, desc, keyOnly = false }: ArenaOptions): Stored[][] {
  const flushes: Stored[][] = [[]];
  let accounted = 0;
  for (const { key, value } of rows) {
    let keyEnd = 0;
    let group = 0;
    desc.forEach((down, i) => {
      const from = keyEnd;
      keyEnd = encodeKey(key[i], scratch, from, scratch.length);
      if (down) for (let at = from; at < keyEnd; at++) scratch[at] = 255 - scratch[at]!;
      if (i === 0) group = keyEnd;
    });
    const end = keyOnly ? keyEnd : encodeValue(value, scratch, keyEnd, scratch.length);
    if (accounted + end + 32 > bytesMax && flushes.at(-1)!.length > 0) {
      flushes.push([]);
      accounted = 0;
    }
    accounted += end + 32;
    flushes.at(-1)!.push(`${group}:${hexOf(scratch.subarray(0, keyEnd))}:${hexOf(scratch.subarray(keyEnd, end))}`);
  }
  return flushes;
}

function check(rows: readonly Row[], options: ArenaOptions): void {
  const { arena, flushes } = arenaOf(options);
  for (const row of rows) arena.add(row);
  expect([...flushes, storedIn(arena, options.desc.length > 1)]).toEqual(reference(rows, options));
}

const key = fc.oneof(fc.string({ maxLength: 30 }), fc.integer(), fc.constant(null), fc.constantFrom('', '\u0000', 'é'));
const value = fc.oneof(
  fc.integer(),
  fc.string({ maxLength: 100 }),
  fc.constant(null),
  fc.double(),
  fc.array(fc.nat(300), { maxLength: 20 }),
);
const rows = fc.array(fc.record({ key: fc.tuple(key, key), value }), { maxLength: 120, size: 'max' });

describe('the arena', () => {
  test.prop([rows, fc.integer({ min: 700, max: 3_000 })], { numRuns: 200 })(
    'is flushed by a count of bytes that only records decide',
    (list, bytesMax) => {
      check(list, { bytesMax, desc: [false] });
      check(list, { bytesMax, desc: [true] });
      check(list, { bytesMax, desc: [false, true] });
      check(list, { bytesMax, desc: [false], keyOnly: true });
    },
  );

  test.prop([
    fc.array(fc.record({ key: fc.tuple(key, key), value: fc.constantFrom(0, -0, 7, 300, 70_000, 0.5, Number.NaN, '7') }), {
      maxLength: 120,
      size: 'max',
    }),
    fc.integer({ min: 200, max: 1_000 }),
  ])('writes a number that comes again as it wrote it before', (list, bytesMax) => {
    check(list, { bytesMax, desc: [false] });
    check(list, { bytesMax, desc: [false, true] });
  });

  test('writes it anew behind a record that was refused', () => {
    const { arena } = arenaOf({ bytesMax: 1_000, desc: [false], recordBytesMax: 40 });
    expect(() => arena.add({ key: ['x'.repeat(60)], value: 70_000 })).toThrow(new RangeError('too large'));
    const small: Row = { key: ['y'.repeat(30)], value: 70_000 };
    arena.add(small);
    expect([storedIn(arena, false)]).toEqual(reference([small], { bytesMax: 1_000, desc: [false] }));
  });

  test('holds what its count says when every record is as small as it can be', () => {
    for (const desc of [[false], [false, false]]) {
      const small = Array.from({ length: 500 }, (): Row => ({ key: [null, null], value: null }));
      check(small, { bytesMax: 2_000, desc });
      check(small, { bytesMax: 2_000, desc, keyOnly: true });
    }
  });

  test('refuses a record that is too large, alone and behind others', () => {
    const options: ArenaOptions = { bytesMax: 1_000, desc: [false], recordBytesMax: 900 };
    const limit = 900 - 3 - 3;
    for (const before of [0, 1]) {
      for (const length of [limit + 1, 2_000, 100_000]) {
        const { arena } = arenaOf(options);
        for (let i = 0; i < before; i++) arena.add({ key: ['a'], value: 'x'.repeat(200) });
        expect(() => arena.add({ key: ['k'], value: 'x'.repeat(length) })).toThrow(new RangeError('too large'));
      }
      check([{ key: ['k'], value: 'x'.repeat(limit) }], options);
    }
  });

  test('refuses keys over their limit, of one part and of many', () => {
    const { arena } = arenaOf({ bytesMax: 1_000_000, desc: [false] });
    arena.add({ key: ['x'.repeat(65_534)], value: 1 });
    expect(() => arena.add({ key: ['x'.repeat(65_535)], value: 1 })).toThrow(KeyTooLarge);
    const parts = arenaOf({ bytesMax: 1_000_000, desc: [false, false, false] });
    expect(() => parts.arena.add({ key: ['x'.repeat(30_000), 'x'.repeat(30_000), 'x'.repeat(30_000)], value: 1 })).toThrow(KeyTooLarge);
  });

  const text = fc.oneof(fc.string({ unit: fc.constantFrom('a', '\u0000', '\u0001', 'é', '😀', '\ufeff'), maxLength: 20 }), fc.constant(''));
  test.prop([fc.array(text, { maxLength: 100, size: 'max' })])('takes a text as it takes the string', texts => {
    const at = 8 * 1_048_576;
    const told = [true, false].map(asText => {
      const { arena, flushes } = arenaOf({ bytesMax: 900, desc: [false], keyOnly: true });
      for (const one of texts) {
        if (asText) arena.addText(at, at + memory.buffer.write(one, at));
        else arena.add({ key: [one], value: 7 });
      }
      return [...flushes, storedIn(arena, false)];
    });
    expect(told[0]).toEqual(told[1]);
  });

  test.prop([rows, fc.array(text, { maxLength: 100, size: 'max' })])(
    'takes a line with its bytes as it takes the line',
    (around, texts) => {
      const at = 8 * 1_048_576;
      for (const desc of [[false], [true, false]]) {
        const told = [true, false].map(withBytes => {
          const { arena, flushes } = arenaOf({ bytesMax: 900, desc });
          texts.forEach((one, i) => {
            const row = { key: around[i]?.key ?? ['', ''], value: one };
            if (withBytes) arena.addLine(row as never, at, at + memory.buffer.write(one, at));
            else arena.add(row);
          });
          return [...flushes, storedIn(arena, desc.length > 1)];
        });
        expect(told[0]).toEqual(told[1]);
      }
    },
  );
});
