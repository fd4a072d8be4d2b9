// Runs with real records, for tests of who reads which partitions, and the plain reading of them.

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { cursorBytes, runWriterBytes } from '@sheaf/protocol/graph';
import { TaskMemory } from '../../../packages/worker/src/data/memory.ts';
import { RunCursor } from '../../../packages/worker/src/data/run-cursor.ts';
import { RunFile } from '../../../packages/worker/src/data/run-file.ts';
import type { RunIds, Stretch } from '../../../packages/worker/src/data/run-format.ts';
import { RunWriter } from '../../../packages/worker/src/data/run-writer.ts';

const memory = new TaskMemory(16);
const keyBytes = 16;

/** For each segment and partition, the sizes of its records. */
export type RunShape = readonly (readonly (readonly number[])[])[];

/** A run of equal stretches: `records` of `recordBytes` in each. */
export function evenShape(of: { segments: number; partitions: number; records: number; recordBytes: number }): RunShape {
  const stretch = Array.from({ length: of.records }, () => of.recordBytes);
  return Array.from({ length: of.segments }, () => Array.from({ length: of.partitions }, () => stretch));
}

/** Writes the run; each record says where it belongs. Gives the size of the file. */
export function writePartitionedRun(path: string, ids: RunIds, shape: RunShape): number {
  mkdirSync(dirname(path), { recursive: true });
  memory.reset();
  const region = memory.reserve(runWriterBytes);
  const record = memory.reserve(1_048_576);
  const partitions = Math.max(1, ...shape.map(segment => segment.length));
  const writer = new RunWriter({ memory, region, path, ids, partitions, ordered: false, indexBlocks: false });
  shape.forEach((stretches, segment) => {
    writer.beginSegment();
    stretches.forEach((sizes, partition) => {
      sizes.forEach((size, at) => {
        memory.buffer.fill(partition + 1, record.from, record.from + size);
        memory.buffer.write(`${segment}/${partition}/${at}`.padStart(keyBytes, '0'), record.from);
        writer.put(partition, record.from, keyBytes, keyBytes, record.from + keyBytes, Math.max(0, size - keyBytes));
      });
    });
    writer.endSegment();
  });
  return writer.finish().bytes;
}

/** The stretches that the footer names. */
export function stretchesOf(path: string, ids: RunIds): readonly Stretch[] {
  const run = new RunFile(path, ids);
  run.close();
  return run.footer.stretches;
}

/** The keys of all records in partitions [from, to), checked block by block, as a task reads them. Throws CorruptRun. */
export function recordsOf(path: string, ids: RunIds, { from, to }: { readonly from: number; readonly to: number }): string[] {
  memory.reset();
  const buffer = memory.reserve(cursorBytes);
  const large = memory.reserve(1_048_576);
  const run = new RunFile(path, ids);
  const keys: string[] = [];
  try {
    for (const start of run.footer.stretches) {
      if (start.partition < from || start.partition >= to) continue;
      const cursor = new RunCursor({ run, memory, buffer, start, ordered: false });
      while (cursor.next()) {
        const at = cursor.value(large);
        const isWhole = memory.bytes.subarray(at, at + cursor.valueLength).every(byte => byte === start.partition + 1);
        keys.push(`${memory.buffer.toString('latin1', cursor.keyAt, cursor.keyAt + cursor.keyLength)} ${isWhole}`);
      }
    }
  } finally {
    run.close();
  }
  return keys;
}
