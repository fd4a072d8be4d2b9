// The merge by the kernel against the tree of losers, over runs of records small and larger than a block, in whole and in key ranges.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { limits } from '@sheaf/protocol';
import type { Shuffle } from '@sheaf/protocol/graph';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { decodeKey, encodeKey } from '../../../packages/worker/src/data/key-codec.ts';
import { RunWriter } from '../../../packages/worker/src/data/run-writer.ts';
import { decodeValue } from '../../../packages/worker/src/data/value-codec.ts';
import { type BulkMerge, copyRecords } from '../../../packages/worker/src/executor/shuffle/bulk-merge.ts';
import type { MergeSource } from '../../../packages/worker/src/executor/shuffle/merge-source.ts';
import { type MergeMemory, OpenMerge, sourcesOf } from '../../../packages/worker/src/executor/shuffle/merge-sources.ts';
import { type MergeMode, mergeModes, mergeReasons } from '../../../packages/worker/src/kernels/record-kernel.ts';
import { compareKeys, type Key } from '../../oracle/key-order.ts';
import { mergeMemory, type ShuffleRun, testAttempt, testJobId, writeRun } from './shuffle.ts';

interface Row {
  readonly key: Key;
  readonly order: number;
  readonly value: unknown;
}

interface Cuts {
  readonly splitters: readonly Uint8Array[];
  readonly at: number;
}

const fanIn = 12;
const run: ShuffleRun = { sides: [], partitions: 1, regionBytes: 2 * 1_048_576, fanIn };
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-bulk-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function shuffleOf(value: Shuffle['value'], ordered: boolean, ranged: boolean): Shuffle {
  const part = { select: { type: 'column', name: 'key' }, desc: false } as const;
  const order = { select: { type: 'column', name: 'order' }, desc: true } as const;
  const partitioner = ranged ? ({ type: 'range', splitters: 9 } as const) : ({ type: 'hash' } as const);
  return { key: ordered ? [part, order] : [part], group: 1, value, combine: null, partitioner };
}

function written(tasks: readonly (readonly Row[])[], shuffle: Shuffle, cuts: Cuts | null): MergeSource[] {
  return tasks.flatMap((records, task) => {
    const { path, ids } = writeRun(run, { folder, edge: 0, task, records, shuffle });
    const wanted = cuts === null ? { from: 0, to: 1, splitters: null } : { from: cuts.at, to: cuts.at + 1, splitters: cuts.splitters };
    return sourcesOf(path, ids, { side: 0, ...wanted });
  });
}

type Told = readonly [key: string, value: string];

function byTree(sources: readonly MergeSource[], merge: MergeMemory): Told[] {
  const open = new OpenMerge(sources, merge);
  const { buffer } = merge.memory;
  try {
    const told: Told[] = [];
    while (open.tree.next()) {
      const { cursor } = open.tree;
      const at = cursor.value(merge.large);
      const key = `${cursor.groupLength}:${buffer.toString('hex', cursor.keyAt, cursor.keyAt + cursor.keyLength)}`;
      told.push([key, buffer.toString('hex', at, at + cursor.valueLength)]);
    }
    return told;
  } finally {
    open.close();
  }
}

/** Merged into a run and read back. */
function copied(sources: readonly MergeSource[], merge: MergeMemory): Told[] {
  const ids = { job: testJobId, stage: 1, task: 0, attempt: testAttempt, edge: 7 };
  const path = join(folder, 'copied.run');
  const open = new OpenMerge(sources, merge);
  try {
    const options = { memory: merge.memory, region: merge.blocks, ordered: merge.ordered[0] ?? false };
    const writer = new RunWriter({ ...options, path, ids, partitions: 1, indexBlocks: false });
    writer.beginSegment();
    copyRecords(open.bulk(), writer, { partition: 0, large: merge.large, progress: merge.progress });
    writer.endSegment();
    writer.finish();
  } finally {
    open.close();
  }
  const left = sourcesOf(path, ids, { side: 0, from: 0, to: 1, splitters: null });
  return left.length === 0 ? [] : byTree(left, merge);
}

/** Lines that the kernel writes in windows of so many bytes, and what it leaves to its caller. */
function lines(sources: readonly MergeSource[], merge: MergeMemory, { mode, window }: { mode: MergeMode; window: number }): unknown[] {
  const open = new OpenMerge(sources, merge);
  const { bytes, buffer } = merge.memory;
  const given: unknown[] = [];
  try {
    const bulk: BulkMerge = open.bulk();
    const { from } = merge.blocks;
    for (;;) {
      bytes.fill(0xee, from, from + window + 16);
      const reason = bulk.fill(mode, from, from + window);
      expect(bulk.end <= from + window).toBe(true);
      const text = buffer.toString('utf8', from, bulk.end);
      const parts = text.split('\n');
      expect(parts.pop()).toBe('');
      expect(parts.length).toBe(bulk.records);
      given.push(...parts);
      if (reason === mergeReasons.allDone) return given;
      if (reason === mergeReasons.isFull && bulk.records > 0) continue;
      const cursor = bulk.current();
      const at = cursor.value(merge.large);
      given.push(mode === mergeModes.textKeys ? decodeKey(bytes, cursor.keyAt) : decodeValue(bytes, at, at + cursor.valueLength));
      bulk.take();
    }
  } finally {
    open.close();
  }
}

const key = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom<Key>('', 'a', 'b', 'ab', 'a\u0001b', 'é', 'a-prefix-of-many-1', 'a-prefix-of-many-2', 0, 1, -1, null),
  },
  { weight: 2, arbitrary: fc.string({ maxLength: 30 }).filter(text => !text.includes('\n')) },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(100), 'x'.repeat(60_000)) },
);
const value = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' '), maxLength: 90 }) },
  { weight: 2, arbitrary: fc.constantFrom<unknown>(7, null, 1.5, true) },
  { weight: 1, arbitrary: fc.constantFrom(limits.blockBytes - 20, limits.blockBytes, 200_000).map(length => 'v'.repeat(length)) },
);
const row = fc.record({ key, order: fc.nat(3), value });
const tasks = fc.array(fc.array(row, { maxLength: 12 }), { minLength: 1, maxLength: fanIn, size: 'max' });
const cut = fc.option(fc.record({ keys: fc.array(key, { maxLength: 4 }), at: fc.nat(4) }), { nil: null });

function cutsOf(given: { readonly keys: readonly Key[]; readonly at: number } | null): Cuts | null {
  if (given === null) return null;
  const scratch = new Uint8Array(100_000);
  const splitters = [...given.keys].sort(compareKeys).map(of => scratch.slice(0, encodeKey(of, scratch, 0, scratch.length)));
  return { splitters, at: Math.min(given.at, splitters.length) };
}

describe('the merge of whole records by the kernel', () => {
  test.prop([tasks, fc.boolean(), cut], { numRuns: 60 })('is the merge by the tree', (given, ordered, range) => {
    const cuts = cutsOf(range);
    const sources = written(given, shuffleOf({ type: 'column', name: 'value' }, ordered, cuts !== null), cuts);
    if (sources.length === 0) return;
    const merge = mergeMemory(folder, fanIn, [ordered]);
    const expected = byTree(sources, merge);
    expect(copied(sources, merge)).toEqual(expected);
  });
});

describe('lines of text', () => {
  const window = fc.constantFrom(20, 120, 1_000, 300_000);

  test.prop([tasks, window, cut], { numRuns: 60 })('are the values, and what is no string as itself', (given, room, range) => {
    const cuts = cutsOf(range);
    const sources = written(given, shuffleOf({ type: 'column', name: 'value' }, false, cuts !== null), cuts);
    if (sources.length === 0) return;
    const merge = mergeMemory(folder, fanIn, [false]);
    const expected = byTree(sources, merge).map(([, hex]) => decodeValue(Buffer.from(hex, 'hex'), 0, hex.length / 2));
    expect(lines(sources, merge, { mode: mergeModes.textValues, window: room })).toEqual(expected);
  });

  test.prop([tasks, window], { numRuns: 40 })('are the keys, and what is no plain string as itself', (given, room) => {
    const sources = written(given, shuffleOf({ type: 'none' }, false, false), null);
    if (sources.length === 0) return;
    const merge = mergeMemory(folder, fanIn, [false]);
    const expected = given
      .flat()
      .map(one => one.key)
      .sort(compareKeys);
    expect(lines(sources, merge, { mode: mergeModes.textKeys, window: room })).toEqual(expected);
  });
});
