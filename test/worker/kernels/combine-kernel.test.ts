// The combining table against a Map that counts bytes by the rule the table promises: what is flushed, and when, follows from
// keys and values alone.

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { KeyTooLarge } from '../../../packages/worker/src/data/bad-key.ts';
import { decodeKey, encodeAsciiKey, encodeKey, encodeTextKey, keyEnd } from '../../../packages/worker/src/data/key-codec.ts';
import type { TaskMemory } from '../../../packages/worker/src/data/memory.ts';
import { decodeValue, encodeNumberValue, encodeValue } from '../../../packages/worker/src/data/value-codec.ts';
import { type TableLayout, tableLayout } from '../../../packages/worker/src/executor/shuffle/table-layout.ts';
import { keyWriterOf } from '../../../packages/worker/src/executor/steps/selects.ts';
import { combineKernel } from '../../../packages/worker/src/kernels/combine-kernel.ts';
import type { CombineTable } from '../../../packages/worker/src/kernels/combine-table.ts';
import { instantiate } from '../../../packages/worker/src/kernels/instantiate.ts';
import { batchKeyBytesMax, batchRows, batchSlotBytes, keyBatch, keyQueue } from '../../../packages/worker/src/kernels/key-batch.ts';
import { jobOfFunctions } from '../executor/shuffle.ts';

type Fold = (a: unknown, b: unknown) => unknown;
/** A record: the parts of its key, and its value. */
interface Row {
  readonly key: readonly unknown[];
  readonly value: unknown;
}
type Entry = readonly [key: unknown, value: unknown];

const job = jobOfFunctions([]);
const memory: TaskMemory = job.memory;
const batch = keyBatch(memory, ['add'], true);
const scratch = new Uint8Array(4 * 1_048_576);
const item = (index: number) => ({ type: 'item', index }) as const;

interface TableOptions {
  readonly layout: TableLayout;
  readonly fold: Fold;
  /** By part of the key: whether it is descending. The first is the group. */
  readonly desc: readonly boolean[];
  readonly recordBytesMax?: number;
  /** Short keys with numbers wait for a batch. */
  readonly queued?: boolean;
}

/** A table whose flushes are kept, in the order of their entries. */
function tableOf({ layout, fold, desc, recordBytesMax, queued = false }: TableOptions): { table: CombineTable; flushes: Entry[][] } {
  const flushes: Entry[][] = [];
  const keys = keyWriterOf(
    desc.map((down, i) => ({ select: item(i), desc: down })),
    1,
    job,
  );
  const table: CombineTable = instantiate(combineKernel)({
    ...layout,
    bytes: memory.bytes,
    words: memory.words,
    floats: memory.floats,
    recordBytesMax: recordBytesMax ?? layout.valueBytesMax,
    pickKey: keys.simple ? record => (record as Row).key[0] : () => undefined,
    pickValue: record => (record as Row).value,
    fold,
    columns: null,
    batch,
    queue: queued ? keyQueue() : null,
    simple: keys.simple,
    putKey: (record, at, limit) => keys.putKey((record as Row).key, at, limit),
    groupLength: keys.groupLength,
    ...{ encodeAsciiKey, encodeKey, encodeTextKey, encodeValue, decodeValue },
    numberBytes: value => encodeNumberValue(value, scratch, 0, 16),
    tooLarge: () => {
      throw new RangeError('too large');
    },
    flush: () => {
      flushes.push(entriesOf(table, layout));
      table.clear();
    },
  });
  return { table, flushes };
}

function entriesOf(table: CombineTable, { entriesAt }: TableLayout): Entry[] {
  const { words, floats, bytes } = memory;
  const entries: Entry[] = [];
  for (let i = 0; i < table.count(); i++) {
    const entry = entriesAt + i * 2;
    const key = words[entry + 1]!;
    if (key === 0) continue;
    const length = words[key >>> 2]! & 0x3ffff;
    const text = Buffer.from(bytes.slice(key + 8, key + 8 + length)).toString('hex');
    const group = words[(key >>> 2) + 1]!;
    const from = words[(key - 8) >>> 2]!;
    const value = words[key >>> 2]! === length ? floats[(key - 8) >>> 3] : decodeValue(bytes, from, from + words[(key - 4) >>> 2]!);
    entries.push([`${group}:${text}`, value]);
  }
  return entries;
}

/** The key as entriesOf names it. */
function nameOf(key: readonly unknown[], desc: readonly boolean[]): string {
  let end = 0;
  let group = 0;
  key.forEach((part, i) => {
    const from = end;
    end = encodeKey(part, scratch, from, scratch.length);
    if (desc[i] === true) for (let at = from; at < end; at++) scratch[at] = 255 - scratch[at]!;
    if (i === 0) group = end;
  });
  return `${group}:${Buffer.from(scratch.subarray(0, end)).toString('hex')}`;
}

/** What the table must flush, and at last hold: a Map, and the count of bytes. */
function reference(rows: readonly Row[], { layout, fold, desc }: TableOptions): { flushes: Entry[][]; last: Entry[]; folded: number } {
  const flushes: Entry[][] = [];
  let held = new Map<string, unknown>();
  let accounted = 0;
  let folded = 0;
  const flush = (): void => {
    flushes.push([...held]);
    held = new Map();
    accounted = 0;
  };
  const bytesOf = (name: string): number => (name.length - name.indexOf(':') - 1) / 2;
  const store = (name: string, value: unknown, isNew: boolean): void => {
    if (typeof value === 'number') {
      if (isNew) accounted += encodeNumberValue(value, scratch, 0, 16);
      held.set(name, value);
      return;
    }
    const size = encodeValue(value, scratch, 0, scratch.length);
    if (size > 1_048_576 && held.size > 1) {
      held.delete(name);
      flush();
      accounted = bytesOf(name) + 32;
    }
    held.set(name, decodeValue(scratch, 0, encodeValue(value, scratch, 0, scratch.length)));
    accounted += size + 8;
  };
  for (const { key, value } of rows) {
    const name = nameOf(key, desc);
    if (held.has(name)) {
      folded++;
      store(name, fold(held.get(name), value), false);
    } else {
      held.set(name, undefined);
      accounted += bytesOf(name) + 32;
      store(name, value, true);
    }
    if (accounted > layout.bytesMax) flush();
  }
  return { flushes, last: [...held], folded };
}

/** Layouts of one count of bytes and different places and sizes. */
function layoutsOf(bytesMax: number): TableLayout[] {
  memory.reset();
  const size = 1_048_576 + 65_536 + 64 + Math.ceil((bytesMax + 4_096) * (1 + 48 / 33)) + 16;
  const tight = tableLayout(memory.reserve(size));
  const roomy = tableLayout({ from: 1_048_576, to: 6 * 1_048_576 });
  return [tight, { ...roomy, bytesMax: tight.bytesMax }];
}

function check(rows: readonly Row[], of: { fold: Fold; desc?: readonly boolean[]; bytesMax?: number; queued?: boolean }): void {
  const { fold, desc = [false], bytesMax = 600, queued = false } = of;
  for (const layout of layoutsOf(bytesMax)) {
    const options = { layout, fold, desc, queued };
    const { table, flushes } = tableOf(options);
    for (const row of rows) table.add(row);
    const expected = reference(rows, options);
    expect(entriesOf(table, layout)).toEqual(expected.last);
    expect(flushes).toEqual(expected.flushes);
    expect(table.folded()).toBe(expected.folded);
  }
}

const add: Fold = (a, b) => (a as number) + (b as number);
const shortText = fc.oneof(fc.constantFrom('', 'a', 'b', 'c', 'key', '\u0000', '\u0001\u0002', 'é'), fc.string({ maxLength: 6 }));
const number = fc.oneof(
  fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1, 2 ** 53, -1),
  fc.integer(),
  fc.double(),
);
const rowsOf = (key: fc.Arbitrary<unknown>, value: fc.Arbitrary<unknown>, parts = 1): fc.Arbitrary<Row[]> =>
  fc.array(fc.record({ key: fc.array(key, { minLength: parts, maxLength: parts }), value }), { maxLength: 150, size: 'max' });

describe('the combining table', () => {
  test.prop([rowsOf(shortText, number)], { numRuns: 150 })('folds numbers in the order they come', rows => {
    check(rows, { fold: add });
    check(rows, { fold: (a, b) => Math.max(a as number, b as number) });
  });

  test.prop([rowsOf(fc.oneof(shortText, fc.integer({ min: -3, max: 3 }), fc.constant(null)), number, 2)])(
    'keeps the order parts of a key apart',
    rows => {
      check(rows, { fold: add, desc: [false, true] });
      check(rows, { fold: add, desc: [true, false] });
    },
  );

  const anything = fc.oneof(number, fc.string({ maxLength: 30 }), fc.constant(null), fc.bigInt(), fc.array(fc.integer(), { maxLength: 6 }));
  test.prop([rowsOf(shortText, anything)], { numRuns: 150 })('holds what is no number, growing and shrinking', rows => {
    check(rows, { fold: (a, b) => [a, b] });
    check(rows, { fold: (_, b) => b });
    check(rows, { fold: (a, b) => (typeof a === 'number' ? String(a) : typeof b === 'number' ? b : [b]), bytesMax: 2_000 });
  });

  test('grows its slots beyond the first', () => {
    const rows = Array.from({ length: 60_000 }, (_, i): Row => ({ key: [`k${(i * 7919) % 50_000}`], value: i }));
    check(rows, { fold: add, bytesMax: 3_000_000 });
  });

  test('stores a value over a megabyte among no others', () => {
    const large = (length: number): string => 'x'.repeat(length);
    const rows: Row[] = ['a', 'b', 'c', 'a', 'b', 'd', 'a'].map((key, i) => ({ key: [key], value: i % 3 === 0 ? large(1_100_000) : 'y' }));
    for (const bytesMax of [100_000, 2_000_000])
      check(rows, { fold: (a, b) => `${a}`.slice(0, 1_048_570) + `${b}`.slice(0, 20), bytesMax });
    check(rows.slice(0, 4), { fold: (a, b) => `${b}${`${a}`.slice(0, 10)}`, bytesMax: 1_000_000 });
  });

  test('refuses a value that is too large, alone and among others', () => {
    const [layout] = layoutsOf(600) as [TableLayout];
    for (const before of [[], ['a', 'b']]) {
      const { table } = tableOf({ layout, fold: add, desc: [false], recordBytesMax: 50_000 });
      for (const key of before) table.add({ key: [key], value: 1 });
      expect(() => table.add({ key: ['c'], value: 'x'.repeat(50_000) })).toThrow(new RangeError('too large'));
      expect(() => table.add({ key: ['d'], value: 'x'.repeat(3_000_000) })).toThrow(new RangeError('too large'));
    }
  });

  test('takes keys up to their limit', () => {
    const rows = [65_533, 65_534, 65_534, 40_000].map((length): Row => ({ key: ['x'.repeat(length)], value: 1 }));
    check(rows, { fold: add });
    const [layout] = layoutsOf(600) as [TableLayout];
    const { table } = tableOf({ layout, fold: add, desc: [false] });
    expect(() => table.add({ key: ['x'.repeat(65_535)], value: 1 })).toThrow(KeyTooLarge);
    expect(() => table.add({ key: ['\u0000'.repeat(32_768)], value: 1 })).toThrow(KeyTooLarge);
    const ordered = tableOf({ layout, fold: add, desc: Array.from({ length: 30 }, () => false) });
    expect(() => ordered.table.add({ key: Array.from({ length: 30 }, () => 'x'.repeat(60_000)), value: 1 })).toThrow(KeyTooLarge);
  });
});

describe('addText', () => {
  const piece = fc.constantFrom('a', 'b', 'é', '\u0000', '\u0001', '😀', '\ufeff');
  const texts = fc.array(fc.oneof({ weight: 9, arbitrary: fc.array(piece, { maxLength: 4 }) }, { weight: 1, arbitrary: fc.constant([]) }), {
    maxLength: 100,
    size: 'max',
  });

  /** Both ways of adding; what they throw is part of the answer. */
  function both(list: readonly string[]): void {
    const [layout] = layoutsOf(600) as [TableLayout];
    const at = 8 * 1_048_576;
    const told = [true, false].map(asText => {
      const { table, flushes } = tableOf({ layout, fold: add, desc: [false] });
      const thrown = list.map(text => {
        try {
          if (asText) table.addText(at, at + memory.buffer.write(text, at), 1);
          else table.add({ key: [text], value: 1 });
          return null;
        } catch (error) {
          return (error as Error).name;
        }
      });
      return { flushes, last: entriesOf(table, layout), thrown };
    });
    expect(told[0]).toEqual(told[1]);
  }

  test.prop([texts.map(list => list.map(pieces => pieces.join('')))])('is add of the same text', both);

  test('is add of long texts too', () => {
    const long = ['a', '\u0000', '\ufeff', 'é'].flatMap(piece =>
      [20_000, 32_000, 32_001, 32_767, 32_768, 65_534, 65_535].map(length => piece.repeat(length)),
    );
    both(long.filter(text => Buffer.byteLength(text) < 200_000));
    both([`\ufeff${'x'.repeat(65_500)}`]);
  });
});

describe('addBatch', () => {
  const rows = rowsOf(fc.oneof(shortText, fc.integer({ min: -3, max: 300 }), fc.constant('x'.repeat(batchKeyBytesMax - 2))), number);

  test.prop([rows, fc.integer({ min: 1, max: batchRows }), fc.constantFrom(600, 30_000)], { numRuns: 150 })(
    'is add of the same keys, whatever is flushed on the way',
    (list, size, bytesMax) => {
      for (const layout of layoutsOf(bytesMax)) {
        const options = { layout, fold: add, desc: [false] };
        const { table, flushes } = tableOf(options);
        for (let from = 0; from < list.length; from += size) {
          const some = list.slice(from, from + size);
          some.forEach(({ key, value }, i) => {
            batch.bytes.fill(0, batchSlotBytes * i, batchSlotBytes * (i + 1));
            batch.lengths[i] = encodeKey(key[0], batch.bytes, batchSlotBytes * i, batch.bytes.length) - batchSlotBytes * i;
            batch.numbers[i] = value as number;
          });
          table.addBatch(some.length);
        }
        const expected = reference(list, options);
        expect(entriesOf(table, layout)).toEqual(expected.last);
        expect(flushes).toEqual(expected.flushes);
        expect(table.folded()).toBe(expected.folded);
      }
    },
  );

  test('finds the keys that others stand before in the table, and goes on from a table that was used', () => {
    const [layout] = layoutsOf(3_000_000) as [TableLayout];
    const { table } = tableOf({ layout, fold: add, desc: [false] });
    for (const times of [1, 2]) {
      table.begin();
      for (let round = 0; round < times; round++) {
        for (let from = 0; from < 40_000; from += batchRows) {
          for (let i = 0; i < batchRows; i++) {
            batch.lengths[i] = encodeKey(from + i, batch.bytes, batchSlotBytes * i, batch.bytes.length) - batchSlotBytes * i;
            batch.bytes.fill(0, batchSlotBytes * i + 9, batchSlotBytes * i + 12);
            batch.numbers[i] = 1;
          }
          table.addBatch(batchRows);
        }
      }
      const entries = entriesOf(table, layout);
      expect(new Set(entries.map(([key]) => key)).size).toBe(entries.length);
      expect(entries.every(([, value]) => value === times)).toBe(true);
      expect(table.folded()).toBe(entries.length * (times - 1));
    }
  });
});

describe('a table whose keys wait for a batch', () => {
  const keys = fc.oneof(
    shortText,
    fc.integer({ min: -3, max: 3 }),
    fc.integer({ min: 50, max: 62 }).map(length => 'x'.repeat(length)),
    fc.integer({ min: 15, max: 40 }).map(length => 'é'.repeat(length)),
  );
  const numbers = rowsOf(keys, number);
  const mixed = rowsOf(keys, fc.oneof({ weight: 5, arbitrary: number }, { weight: 1, arbitrary: fc.string({ maxLength: 12 }) }));

  test.prop([numbers, fc.constantFrom(600, 30_000)], { numRuns: 150 })('is one where each goes in by itself', (rows, bytesMax) => {
    const many = [...rows, ...rows, ...rows, ...rows, ...rows];
    check(many, { fold: add, bytesMax, queued: true });
  });

  test.prop([mixed], { numRuns: 150 })('also with values that are no numbers among them', rows => {
    check([...rows, ...rows, ...rows], { fold: add, queued: true });
  });

  test('asks a function for a value once', () => {
    const [layout] = layoutsOf(600) as [TableLayout];
    const { table } = tableOf({ layout, fold: add, desc: [false], queued: true });
    let asked = 0;
    for (const of of [1, 'text', 2]) {
      const row = {
        key: ['k'],
        get value(): unknown {
          asked++;
          return of;
        },
      };
      table.add(row);
    }
    expect(asked).toBe(3);
    expect(entriesOf(table, layout).map(([, value]) => value)).toEqual(['1text2']);
  });
});

test('keys decode to what they were', () => {
  const [layout] = layoutsOf(600) as [TableLayout];
  const { table } = tableOf({ layout, fold: add, desc: [false] });
  table.add({ key: ['\u0001x'], value: 1 });
  const at = memory.words[layout.entriesAt + 1]! + 8;
  expect(decodeKey(memory.bytes, at)).toBe('\u0001x');
  expect(keyEnd(memory.bytes, at) - at).toBe(memory.words[(at - 8) >>> 2]);
});
