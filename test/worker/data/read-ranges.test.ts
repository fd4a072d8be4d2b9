// The bytes that a range of keys needs of a run are enough for whoever reads it, though all others are holes, and not many more
// than its records take.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { attemptIdOf, epochOf, jobIdOf, limits } from '@sheaf/protocol';
import { cursorBytes, runWriterBytes } from '@sheaf/protocol/graph';
import { afterAll, describe, expect } from 'vitest';
import { TaskMemory } from '../../../packages/worker/src/data/memory.ts';
import { rangesOf } from '../../../packages/worker/src/data/read-ranges.ts';
import { RunCursor } from '../../../packages/worker/src/data/run-cursor.ts';
import { OpenRun } from '../../../packages/worker/src/data/run-file.ts';
import {
  decodeFooter,
  footerOffsetOf,
  type RunIds,
  runHeaderBytes,
  runTrailerBytes,
} from '../../../packages/worker/src/data/run-format.ts';
import { RunWriter } from '../../../packages/worker/src/data/run-writer.ts';
import { sourcesOf } from '../../../packages/worker/src/executor/shuffle/merge-sources.ts';

const memory = new TaskMemory(16);
const folder = mkdtempSync(join(tmpdir(), 'sheaf-read-ranges-'));
afterAll(() => rmSync(folder, { recursive: true }));
const ids: RunIds = { job: jobIdOf(1_700_000_000_000, 'test'), stage: 0, task: 0, attempt: attemptIdOf(epochOf(1), 1), edge: 0 };

interface Row {
  readonly key: string;
  readonly valueBytes: number;
}

/** Segments of sorted records in one partition, as a map task of a range edge leaves them. */
function writeSegments(path: string, segments: readonly (readonly Row[])[]): void {
  memory.reset();
  const region = memory.reserve(runWriterBytes);
  const record = memory.reserve(4 * 1_048_576);
  const writer = new RunWriter({ memory, region, path, ids, partitions: 1, ordered: false, indexBlocks: true });
  for (const rows of segments) {
    writer.beginSegment();
    for (const { key, valueBytes } of rows) {
      const keyLength = memory.buffer.write(key, record.from, 'latin1');
      memory.buffer.fill(7, record.from + keyLength, record.from + keyLength + valueBytes);
      writer.put(0, record.from, keyLength, keyLength, record.from + keyLength, valueBytes);
    }
    writer.endSegment();
  }
  writer.finish();
}

/** The keys that a task reads of a run whose range is [splitters[at − 1], splitters[at]). */
function keysRead(path: string, splitters: readonly Uint8Array[], at: number): string[] {
  const sources = sourcesOf(path, ids, { side: 0, from: at, to: at + 1, splitters });
  memory.reset();
  const buffer = memory.reserve(cursorBytes);
  const large = memory.reserve(4 * 1_048_576);
  const run = new OpenRun(path, ids);
  const keys: string[] = [];
  for (const { start } of sources) {
    const cursor = new RunCursor({ run, memory, buffer, start, ordered: false });
    while (cursor.next()) {
      keys.push(memory.buffer.toString('latin1', cursor.keyAt, cursor.keyAt + cursor.keyLength));
      cursor.value(large);
    }
  }
  run.close();
  return keys;
}

const key = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 }),
  // Alike for longer than the index looks.
  fc.string({ unit: fc.constantFrom('x', 'y'), maxLength: 3 }).map(tail => `${'k'.repeat(130)}${tail}`),
);
const row = fc.record({ key, valueBytes: fc.constantFrom(0, 10, 20_000, 100_000) });
const segments = fc.array(fc.array(row, { minLength: 1, maxLength: 25 }), { minLength: 1, maxLength: 3 });

describe('a range of keys', () => {
  test.prop([segments, fc.array(key, { minLength: 1, maxLength: 3 })], { numRuns: 60 })('is read of its bytes alone', (drawn, cuts) => {
    const sorted = drawn.map(rows => rows.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)));
    const path = join(folder, 'whole.run');
    writeSegments(path, sorted);
    const file = readFileSync(path);
    const footerOffset = footerOffsetOf(path, file.subarray(-runTrailerBytes), file.length);
    const footer = decodeFooter(path, file.subarray(footerOffset));
    const splitters = cuts.toSorted().map(cut => new Uint8Array(Buffer.from(cut, 'latin1')));
    for (let at = 0; at <= splitters.length; at++) {
      const [low, high] = [splitters[at - 1], splitters[at]];
      const holed = Buffer.alloc(file.length);
      const kept = [
        { from: 0, to: runHeaderBytes },
        ...rangesOf({ path, footerOffset, footer }, { low, high }),
        { from: footerOffset, to: file.length },
      ];
      for (const { from, to } of kept) file.copy(holed, from, from, to);
      const part = join(folder, 'part.run');
      writeFileSync(part, holed);
      const text = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('latin1');
      const [from, to] = [text(low), text(high)];
      const wanted = sorted.flat().filter(one => (from === undefined || one.key >= from) && (to === undefined || one.key < to));
      expect(keysRead(part, splitters, at)).toEqual(wanted.map(one => one.key));
    }
  });

  test('costs little more than its records', () => {
    const rows = Array.from({ length: 5_000 }, (_, i) => ({ key: String(i).padStart(6, '0'), valueBytes: 1_000 }));
    const path = join(folder, 'even.run');
    writeSegments(path, [rows]);
    const file = readFileSync(path);
    const footerOffset = footerOffsetOf(path, file.subarray(-runTrailerBytes), file.length);
    const footer = decodeFooter(path, file.subarray(footerOffset));
    const keys = { low: Buffer.from('002000'), high: Buffer.from('003000') };
    const bytes = rangesOf({ path, footerOffset, footer }, keys).reduce((sum, { from, to }) => sum + to - from, 0);
    expect(bytes).toBeGreaterThan(1_000_000);
    expect(bytes).toBeLessThan(1_100_000 + 3 * limits.blockBytes);
  });
});
