// Run files: what was put in comes out, by partition, by segment and by key range; and no byte of a file can change unseen.

import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { attemptIdOf, epochOf, jobIdOf } from '@sheaf/protocol';
import { cursorBytes, runWriterBytes } from '@sheaf/protocol/graph';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { compareBytes } from '../../../packages/worker/src/data/compare.ts';
import { encodeKey } from '../../../packages/worker/src/data/key-codec.ts';
import { TaskMemory } from '../../../packages/worker/src/data/memory.ts';
import { RunCursor } from '../../../packages/worker/src/data/run-cursor.ts';
import { RunFile } from '../../../packages/worker/src/data/run-file.ts';
import { CorruptRun, MissingRun, outputHashOf, type RunIds } from '../../../packages/worker/src/data/run-format.ts';
import { type FinishedRun, RunWriter } from '../../../packages/worker/src/data/run-writer.ts';
import { sourcesOf } from '../../../packages/worker/src/executor/shuffle/merge-sources.ts';

interface Row {
  readonly partition: number;
  readonly key: Uint8Array;
  readonly group: number;
  readonly value: Uint8Array;
}
type Segment = readonly Row[];

const memory = new TaskMemory(16);
const ids: RunIds = { job: jobIdOf(1, 'aaaa'), stage: 2, task: 30, attempt: attemptIdOf(epochOf(4), 5), edge: 6 };
let folder = '';
let path = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-run-'));
  path = join(folder, 'a.run');
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(segments: readonly Segment[], of: { ordered?: boolean; indexBlocks?: boolean; partitions?: number } = {}): FinishedRun {
  rmSync(path, { force: true });
  memory.reset();
  const region = memory.reserve(runWriterBytes);
  const record = memory.reserve(1_048_576);
  const { ordered = false, indexBlocks = false, partitions = 5 } = of;
  const writer = new RunWriter({ memory, region, path, ids, partitions, ordered, indexBlocks });
  for (const segment of segments) {
    writer.beginSegment();
    for (const { partition, key, group, value } of segment) {
      memory.bytes.set(key, record.from);
      memory.bytes.set(value, record.from + key.length);
      writer.put(partition, record.from, key.length, group, record.from + key.length, value.length);
    }
    writer.endSegment();
  }
  // Not under its name before it is whole.
  expect(existsSync(path)).toBe(false);
  return writer.finish();
}

interface Reading {
  readonly ordered?: boolean;
  /** Reads the value of the i-th record; the others are passed by. */
  readonly values?: (i: number) => boolean;
}

/** What a cursor gives of one source, values not read as null. */
function readAll(
  cursor: RunCursor,
  { values = () => true }: Reading = {},
): { key: string; group: number; value: string | null; length: number }[] {
  const large = { from: 8 * 1_048_576, to: 9 * 1_048_576 };
  const list: { key: string; group: number; value: string | null; length: number }[] = [];
  while (cursor.next()) {
    const { keyAt, keyLength, groupLength, valueLength } = cursor;
    const key = hexOf(memory.bytes.slice(keyAt, keyAt + keyLength));
    let value: string | null = null;
    if (values(list.length)) {
      const at = cursor.value(large);
      // The record stays where it is while its value is put together.
      expect(hexOf(memory.bytes.slice(cursor.keyAt, cursor.keyAt + cursor.keyLength))).toBe(key);
      value = hexOf(memory.bytes.slice(at, at + valueLength));
    }
    list.push({ key, group: groupLength, value, length: valueLength });
  }
  return list;
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const expectedOf = (rows: readonly Row[], { ordered = false, values = () => true }: Reading = {}): unknown[] =>
  rows.map(({ key, group, value }, i) => ({
    key: hexOf(key),
    group: ordered ? group : key.length,
    value: values(i) ? hexOf(value) : null,
    length: value.length,
  }));

function cursorsOf(run: RunFile, start: RunFile['footer']['stretches'][number], ordered: boolean): RunCursor {
  memory.reset();
  return new RunCursor({ run, memory, buffer: memory.reserve(cursorBytes), start, ordered });
}

/** Opens the run and reads every stretch of it. */
function readRun(reading: Reading = {}): { segment: number; partition: number; rows: unknown[] }[] {
  const run = new RunFile(path, ids);
  try {
    return run.footer.stretches.map(start => {
      const rows = readAll(cursorsOf(run, start, reading.ordered ?? false), reading);
      return { segment: start.segment, partition: start.partition, rows };
    });
  } finally {
    run.close();
  }
}

const sizes = fc.oneof(
  { weight: 10, arbitrary: fc.nat(40) },
  { weight: 2, arbitrary: fc.constantFrom(0, 127, 128, 16_383, 16_384, 30_000) },
  { weight: 1, arbitrary: fc.constantFrom(65_510, 65_524, 65_536, 70_000, 131_072, 200_000) },
);
const keySizes = fc.oneof({ weight: 10, arbitrary: fc.nat(12) }, { weight: 1, arbitrary: fc.constantFrom(127, 128, 60_000, 65_536) });
const row = fc.tuple(fc.nat(4), keySizes, sizes, fc.nat(255)).map(([partition, keyLength, valueLength, byte]): Row => {
  const key = new Uint8Array(keyLength).fill(byte + 1);
  return { partition, key, group: Math.floor(keyLength / 2), value: new Uint8Array(valueLength).fill(byte) };
});
const segment = fc.array(row, { maxLength: 12 }).map(rows => [...rows].sort((a, b) => a.partition - b.partition));

describe('a run file', () => {
  test.prop([fc.array(segment, { maxLength: 4 }), fc.boolean(), fc.func(fc.boolean())], { numRuns: 120 })(
    'gives back what was put in, whichever values are read',
    (segments, ordered, wanted) => {
      const finished = write(segments, { ordered });
      const values = (i: number): boolean => wanted(i);
      const expected = segments.flatMap((rows, at) =>
        [0, 1, 2, 3, 4].flatMap(partition => {
          const own = rows.filter(one => one.partition === partition);
          return own.length === 0 ? [] : [{ segment: at, partition, rows: expectedOf(own, { ordered, values }) }];
        }),
      );
      expect(readRun({ ordered, values })).toEqual(expected);
      expect(finished.records).toBe(segments.flat().length);
      expect(finished.bytes).toBe(readFileSync(path).length);
      const run = new RunFile(path, ids);
      run.close();
      expect(run.ids).toEqual(ids);
      expect(finished.hash).toBe(outputHashOf(run.footer.stretches));
      const bytesOf = (partition: number): number =>
        run.footer.stretches.filter(one => one.partition === partition).reduce((sum, one) => sum + one.rawBytes, 0);
      expect(finished.partitionBytes).toEqual([0, 1, 2, 3, 4].map(bytesOf));
    },
  );

  test('an attempt that is abandoned leaves nothing', () => {
    memory.reset();
    const writer = new RunWriter({
      memory,
      region: memory.reserve(runWriterBytes),
      path: join(folder, 'b.run'),
      ids,
      partitions: 1,
      ordered: false,
      indexBlocks: false,
    });
    writer.beginSegment();
    expect(existsSync(join(folder, 'b.run.part'))).toBe(false);
    for (let records = 0; records < 30; records++) writer.put(0, 0, 0, 0, 0, 60_000);
    expect(existsSync(join(folder, 'b.run.part'))).toBe(true);
    writer.abandon();
    expect(existsSync(join(folder, 'b.run.part'))).toBe(false);
    expect(existsSync(join(folder, 'b.run'))).toBe(false);
  });
});

describe('a key range', () => {
  const scratch = new Uint8Array(1_000);
  const keyOf = (of: unknown): Uint8Array => scratch.slice(0, encodeKey(of, scratch, 0, scratch.length));
  // Some keys share more bytes than the index of blocks keeps.
  const text = fc.oneof(
    fc.constantFrom('', 'a', 'b'),
    fc.string({ maxLength: 3 }),
    fc.string({ maxLength: 2 }).map(end => 'p'.repeat(150) + end),
  );
  const order = (a: Uint8Array, b: Uint8Array): number => compareBytes(a, 0, a.length, b, 0, b.length);
  const sortedKeys = fc.array(text, { maxLength: 25, size: 'max' }).map(list => list.map(keyOf).sort(order));

  test.prop([fc.array(sortedKeys, { maxLength: 3 }), fc.array(text, { maxLength: 4 }), fc.constantFrom(10, 9_000, 40_000)], {
    numRuns: 150,
  })('is exactly the records in it, from the block index', (segments, cuts, valueBytes) => {
    const rows = segments.map(keys =>
      keys.map((key, i): Row => ({ partition: 0, key, group: key.length, value: new Uint8Array(valueBytes).fill(i) })),
    );
    write(rows, { indexBlocks: true, partitions: 1 });
    const run = new RunFile(path, ids);
    // A splitter is what a sample carries: the beginning of a key.
    const splitters = cuts.map(cut => keyOf(cut).slice(0, 128)).sort(order);
    for (let partition = 0; partition <= splitters.length; partition++) {
      const inRange = (key: Uint8Array): boolean =>
        (partition === 0 || order(key, splitters[partition - 1]!) >= 0) &&
        (partition === splitters.length || order(key, splitters[partition]!) < 0);
      const read = sourcesOf(path, ids, { side: 3, from: partition, to: partition + 1, splitters }).flatMap(source => {
        expect(source.side).toBe(3);
        memory.reset();
        return readAll(new RunCursor({ run, memory, buffer: memory.reserve(cursorBytes), start: source.start, ordered: false }));
      });
      expect(read).toEqual(expectedOf(rows.flat().filter(({ key }) => inRange(key))));
    }
    run.close();
  });
});

describe('a damaged run file', () => {
  const bytes = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
  const rows: Segment = [
    { partition: 0, key: bytes(3, 1), group: 3, value: bytes(5, 2) },
    { partition: 0, key: bytes(4, 3), group: 4, value: bytes(0, 0) },
    { partition: 2, key: bytes(2, 9), group: 2, value: bytes(7, 1) },
  ];

  /** null: read as if nothing had happened. */
  function problem(): string | null {
    try {
      readRun();
      return null;
    } catch (error) {
      expect(error).toBeInstanceOf(CorruptRun);
      return (error as Error).message;
    }
  }

  /** Runs `look` while one byte of the file is another. */
  function withFlipped(whole: Buffer, { at, mask }: { at: number; mask: number }, look: () => void): void {
    const descriptor = openSync(path, 'r+');
    try {
      writeSync(descriptor, Buffer.from([whole[at]! ^ mask]), 0, 1, at);
      look();
      writeSync(descriptor, whole, at, 1, at);
    } finally {
      closeSync(descriptor);
    }
  }

  test('one flipped bit is found wherever it is', () => {
    write([rows, rows.slice(1)], { indexBlocks: true });
    const whole = readFileSync(path);
    // The last four bytes are padding.
    for (let at = 0; at < whole.length; at++) {
      for (const mask of [1, 0x80]) {
        withFlipped(whole, { at, mask }, () => expect({ at, found: problem() !== null }).toEqual({ at, found: at < whole.length - 4 }));
      }
    }
  });

  test('a flipped byte of a large value is found, read or passed by', () => {
    const large: Segment = [
      { partition: 0, key: bytes(10, 1), group: 10, value: bytes(200_000, 2) },
      { partition: 0, key: bytes(10, 2), group: 10, value: bytes(3, 3) },
    ];
    write([large]);
    const whole = readFileSync(path);
    // Around the headers of its blocks each byte, between them some.
    for (let at = 256; at < whole.length - 4; at += at % 65_536 < 600 || at > whole.length - 200 ? 1 : 3_001) {
      withFlipped(whole, { at, mask: 0x41 }, () => {
        for (const values of [() => true, () => false]) expect(() => readRun({ values })).toThrow(CorruptRun);
      });
    }
  });

  test('a file that ends too soon is found at every length', () => {
    write([rows], { indexBlocks: true });
    const whole = readFileSync(path);
    for (let length = whole.length - 1; length >= 0; length--) {
      truncateSync(path, length);
      expect({ length, found: problem() !== null }).toEqual({ length, found: true });
    }
  });

  test('blocks in the place of others are found: of another partition, of another attempt, out of order', () => {
    const large: Segment = [{ partition: 0, key: bytes(10, 1), group: 10, value: bytes(200_000, 2) }];
    write([large]);
    const whole = readFileSync(path);
    const run = new RunFile(path, ids);
    run.close();
    const start = run.footer.stretches[0]!;
    const first = 32 + whole.readUInt32LE(start.offset + 8);
    const second = 32 + whole.readUInt32LE(start.offset + first + 8);
    const swapped = Buffer.concat([
      whole.subarray(0, start.offset),
      whole.subarray(start.offset + first, start.offset + first + second),
      whole.subarray(start.offset, start.offset + first),
      whole.subarray(start.offset + first + second),
    ]);
    writeFileSync(path, swapped);
    expect(problem()).toMatch(/in the place of another/);
    writeFileSync(path, whole);
    const inFile = new RunFile(path, ids);
    try {
      expect(() => readAll(cursorsOf(inFile, { ...start, partition: 1 }, false))).toThrow(/a block of partition 0/);
    } finally {
      inFile.close();
    }
    for (const other of [{ attempt: attemptIdOf(epochOf(4), 6) }, { task: 31 }, { edge: 5 }, { stage: 1 }, { job: jobIdOf(2, 'aaaa') }]) {
      expect(() => new RunFile(path, { ...ids, ...other })).toThrow(CorruptRun);
    }
  });

  test('a missing file says so, and no refusal leaves a descriptor open', () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    expect(() => new RunFile(join(folder, 'missing.run'), ids)).toThrow(MissingRun);
    write([rows]);
    copyFileSync(path, `${path}.copy`);
    truncateSync(`${path}.copy`, 300);
    expect(() => new RunFile(`${path}.copy`, ids)).toThrow(CorruptRun);
    expect(open()).toBe(before);
  });
});
