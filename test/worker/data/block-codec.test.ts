// Run files whose blocks are packed: what is read is what was written, whichever bit flips, and the hash is of the raw bytes.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cursorBytes, runWriterBytes } from '@sheaf/protocol/graph';
import { afterAll, expect, test } from 'vitest';
import type { BlockCodec } from '../../../packages/worker/src/data/block-codec.ts';
import { packBlock, unpackBlock } from '../../../packages/worker/src/data/block-codec.ts';
import { TaskMemory } from '../../../packages/worker/src/data/memory.ts';
import { RunCursor } from '../../../packages/worker/src/data/run-cursor.ts';
import { RunFile } from '../../../packages/worker/src/data/run-file.ts';
import { CorruptRun } from '../../../packages/worker/src/data/run-format.ts';
import { type FinishedRun, RunWriter } from '../../../packages/worker/src/data/run-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-packed-'));
afterAll(() => rmSync(folder, { recursive: true }));
const memory = new TaskMemory(16);
const ids = { job: 'j000000000000', stage: 0, task: 1, attempt: '1.1', edge: 0 };

/** Records of one partition: key `k` and its number, a value that packs well or (every seventh) does not. */
function write(path: string, codec: BlockCodec, sizes: readonly number[]): FinishedRun {
  memory.reset();
  const writer = new RunWriter({
    ...{ memory, region: memory.reserve(runWriterBytes), path, ids, partitions: 1 },
    ...{ ordered: false, indexBlocks: false, codec },
  });
  const record = memory.reserve(2_097_152);
  writer.beginSegment();
  sizes.forEach((size, i) => {
    memory.bytes.set([0x6b, i >>> 8, i & 255], record.from);
    for (let at = 0; at < size; at++)
      memory.bytes[record.from + 3 + at] = i % 7 === 6 ? Math.imul(at + i, 0x9e3779b1) >>> 24 : 65 + (at % 3);
    writer.put(0, record.from, 3, 3, record.from + 3, size);
  });
  writer.endSegment();
  return writer.finish();
}

function read(path: string): string[] {
  memory.reset();
  const buffer = memory.reserve(cursorBytes);
  const large = memory.reserve(2_097_152);
  const run = new RunFile(path, ids);
  try {
    return run.footer.stretches.flatMap(start => {
      const cursor = new RunCursor({ run, memory, buffer, start, ordered: false });
      const records: string[] = [];
      while (cursor.next()) {
        const at = cursor.value(large);
        const key = memory.buffer.toString('latin1', cursor.keyAt, cursor.keyAt + cursor.keyLength);
        records.push(key + memory.buffer.toString('latin1', at, at + cursor.valueLength));
      }
      return records;
    });
  } finally {
    run.close();
  }
}

test('a packed run has the records and the hash of the raw one, in fewer bytes', () => {
  const sizes = Array.from({ length: 400 }, (_, i) => (i % 50 === 49 ? 200_000 : i * 3));
  const raw = write(join(folder, 'raw.run'), 'raw', sizes);
  const packed = write(join(folder, 'packed.run'), 'lz4', sizes);
  expect(packed.hash).toBe(raw.hash);
  expect(packed.partitionBytes).toEqual(raw.partitionBytes);
  expect(packed.bytes).toBeLessThan(raw.bytes / 2);
  expect(read(packed.path)).toEqual(read(raw.path));
});

test('every flipped byte of a packed run is found', () => {
  const { path } = write(join(folder, 'small.run'), 'lz4', [40, 90, 300, 7]);
  const whole = readFileSync(path);
  const records = read(path);
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at] = (damaged[at] as number) ^ 0x10;
    writeFileSync(path, damaged);
    let got: string[] | null = null;
    try {
      got = read(path);
    } catch (error) {
      expect(error).toBeInstanceOf(CorruptRun);
    }
    // What is padding may be anything.
    if (got !== null) expect(got).toEqual(records);
  }
});

test('a packed body of another length is refused before anything is made of it', () => {
  const packed = packBlock(Buffer.alloc(5_000, 65)) as Buffer;
  expect(unpackBlock(packed, 5_000)).toEqual(Buffer.alloc(5_000, 65));
  expect(unpackBlock(packed, 4_999)).toBe(null);
  expect(unpackBlock(packed.subarray(0, 3), 5_000)).toBe(null);
  expect(unpackBlock(Buffer.from([1, 2, 3, 4, 5]), 5_000)).toBe(null);
});
