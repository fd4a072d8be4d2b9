// The merge alone: the tree of losers over any number of sources, passes when there are more than fit, and what is left when a
// source turns out to be damaged.

import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import type { Shuffle } from '@sheaf/protocol/graph';
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { decodeKey } from '../../../packages/worker/src/data/key-codec.ts';
import { CorruptRun } from '../../../packages/worker/src/data/run-format.ts';
import { decodeValue } from '../../../packages/worker/src/data/value-codec.ts';
import type { MergeSource } from '../../../packages/worker/src/executor/shuffle/merge-source.ts';
import {
  type Merged,
  type MergeMemory,
  mergePasses,
  OpenMerge,
  openMerged,
  sourcesOf,
} from '../../../packages/worker/src/executor/shuffle/merge-sources.ts';
import { compareKeys, type Key } from '../../oracle/key-order.ts';
import { mergeMemory, type ShuffleRun, testAttempt, testJobId, writeRun } from './shuffle.ts';

interface Row {
  readonly key: Key;
  readonly value: string;
}
/** By source: its rows, sorted by key. */
interface Sources {
  readonly side: number;
  readonly rows: readonly Row[];
}

const shuffle: Shuffle = {
  key: [{ select: { type: 'column', name: 'key' }, desc: false }],
  group: 1,
  value: { type: 'column', name: 'value' },
  combine: null,
  partitioner: { type: 'hash' },
};
const run: ShuffleRun = { sides: [], partitions: 1, regionBytes: 1_048_576, fanIn: 2 };
const mergeIds = { job: testJobId, stage: 1, task: 0, attempt: testAttempt };
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-merge-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function written(sources: readonly Sources[]): MergeSource[] {
  return sources.flatMap(({ side, rows }, task) => {
    const { path, ids } = writeRun(run, { folder, edge: side, task, records: rows, shuffle });
    return sourcesOf(path, ids, { side, from: 0, to: 1, splitters: null });
  });
}

function readAll(sources: readonly MergeSource[], merge: MergeMemory): { side: number; key: unknown; value: string }[] {
  return readOpen(new OpenMerge(sources, merge), merge);
}

function readOpen(open: Merged, merge: MergeMemory): { side: number; key: unknown; value: string }[] {
  const list: { side: number; key: unknown; value: string }[] = [];
  try {
    const { tree } = open;
    while (tree.next()) {
      const { keyAt, valueLength } = tree.cursor;
      const at = tree.cursor.value(merge.large);
      const value = decodeValue(merge.memory.bytes, at, at + valueLength) as string;
      list.push({ side: tree.side, key: decodeKey(merge.memory.bytes, keyAt), value });
    }
    expect(tree.next()).toBe(false);
  } finally {
    open.close();
  }
  return list;
}

const key = fc.constantFrom<Key>('', 'a', 'b', 'ab', 'a-prefix-of-many-1', 'a-prefix-of-many-2', 0, 1, -1, null, 'x'.repeat(100));
const sources = (most: number, sides: number): fc.Arbitrary<Sources[]> =>
  fc
    .array(fc.record({ side: fc.nat(sides - 1), keys: fc.array(key, { maxLength: 8 }) }), { maxLength: most, size: 'max' })
    .map(list =>
      list
        .sort((a, b) => a.side - b.side)
        .map(({ side, keys }, source) => ({ side, rows: keys.sort(compareKeys).map((of, i) => ({ key: of, value: `v${source}.${i}` })) })),
    );

function reference(list: readonly Sources[]): { side: number; key: Key; value: string }[] {
  const all = list.flatMap(({ side, rows }) => rows.map(row => ({ side, ...row })));
  return all.sort((a, b) => compareKeys(a.key, b.key) || a.side - b.side);
}

describe('a merge', () => {
  test.prop([sources(40, 1)], { numRuns: 40 })('of any number of sources is stable', list => {
    const all = written(list);
    if (all.length > 0) expect(readAll(all, mergeMemory(folder, 40, [false]))).toEqual(reference(list));
  });

  test.prop([sources(12, 3)], { numRuns: 60 })('of several sides puts the earlier side first', list => {
    const all = written(list);
    if (all.length > 0) expect(readAll(all, mergeMemory(folder, 12, [false, false, false]))).toEqual(reference(list));
  });

  const wide = fc.array(fc.tuple(key, fc.integer(), fc.oneof(fc.nat(300), fc.nat(200_000))), { maxLength: 20 });
  test.prop([fc.array(fc.tuple(fc.nat(2), wide), { minLength: 1, maxLength: 6 })], { numRuns: 40 })(
    'of several sides puts values in order within a side, also what is larger than blocks and windows',
    list => {
      const bySide = [...list].sort(([a], [b]) => a - b);
      const tasks = bySide.map(([side, rows], source) => ({
        side,
        rows: rows.map(([of, order, size], i) => ({ key: of, order, value: `v${source}.${i}`.padEnd(size, '.') })),
      }));
      const ordered: Shuffle = { ...shuffle, key: [...shuffle.key, { select: { type: 'column', name: 'order' }, desc: true }] };
      const all = tasks.flatMap(({ side, rows }, task) => {
        const { path, ids } = writeRun(run, { folder, edge: side, task, records: rows, shuffle: ordered });
        return sourcesOf(path, ids, { side, from: 0, to: 1, splitters: null });
      });
      const expected = tasks
        .flatMap(({ side, rows }) => rows.map(row => ({ side, ...row })))
        .sort((a, b) => compareKeys(a.key, b.key) || a.side - b.side || compareKeys(b.order, a.order))
        .map(({ side, key: of, value }) => ({ side, key: of, value }));
      const fanIn = Math.max(1, all.length);
      if (all.length > 0) expect(readAll(all, mergeMemory(folder, fanIn, [true, true, true]))).toEqual(expected);
    },
  );

  test.prop([fc.array(fc.nat(3), { maxLength: 30 }), fc.boolean()], { numRuns: 40 })(
    'of records that all have one key reads source after source, however many there are',
    (rows, keyed) => {
      const list = rows.map((count, source) => ({
        side: 0,
        rows: Array.from({ length: count }, (_, i) => ({ key: 'one', value: `v${source}.${i}` })),
      }));
      const all = written(list);
      const merge = mergeMemory(folder, 3, [false]);
      const open = openMerged(all, merge, { ids: mergeIds, keyed });
      expect(open === null ? [] : readOpen(open, merge)).toEqual(reference(list));
      expect(readdirSync(merge.directory)).toEqual([]);
    },
  );

  test.prop([sources(30, 2), fc.integer({ min: 2, max: 5 })], { numRuns: 40 })(
    'in passes is the same merge, and removes what passes made',
    (list, fanIn) => {
      const all = written(list);
      const merge = mergeMemory(folder, fanIn, [false, false]);
      const left = mergePasses(all, merge, mergeIds);
      expect(left.length).toBeLessThanOrEqual(fanIn);
      if (left.length > 0) expect(readAll(left, merge)).toEqual(reference(list));
      expect(readdirSync(merge.directory)).toEqual([]);
    },
  );

  test('in passes copies no more than it must', () => {
    const all = written(Array.from({ length: 12 }, (_, i) => ({ side: 0, rows: [{ key: 'a', value: `v${i}` }] })));
    const copied = (fanIn: number): number => {
      const merge = mergeMemory(folder, fanIn, [false]);
      const left = mergePasses(all, merge, mergeIds);
      expect(readAll(left, merge).map(({ value }) => value)).toEqual(all.map((_, i) => `v${i}`));
      return all.filter(source => !left.includes(source)).length;
    };
    expect([12, 11, 10, 8, 7, 6, 5].map(copied)).toEqual([0, 2, 3, 5, 6, 8, 9]);
  });

  test('of more sides than there is memory for is refused', () => {
    const all = written([0, 1, 2].map(side => ({ side, rows: [{ key: 'a', value: 'v' }] })));
    expect(() => mergePasses(all, mergeMemory(folder, 2, [false, false, false]), mergeIds)).toThrow(
      '3 inputs are joined, more than the 2 that settings.memoryMb has room for: raise memoryMb, or join in steps',
    );
  });

  test('of a damaged source leaves no file and no descriptor', () => {
    const rows = Array.from({ length: 50 }, (_, i): Row => ({ key: i, value: `v${i}` }));
    const all = written(Array.from({ length: 7 }, () => ({ side: 0, rows })));
    const damaged = openSync((all[6] as MergeSource).path, 'r+');
    writeSync(damaged, Buffer.from([255]), 0, 1, 400);
    closeSync(damaged);
    const before = readdirSync('/proc/self/fd').length;
    for (const fanIn of [2, 7]) {
      const merge = mergeMemory(folder, fanIn, [false]);
      expect(() => readAll(mergePasses(all, merge, mergeIds), merge)).toThrow(CorruptRun);
      expect(readdirSync(merge.directory).filter(name => name.endsWith('.part'))).toEqual([]);
      rmSync(merge.directory, { recursive: true });
    }
    rmSync((all[6] as MergeSource).path);
    expect(() => mergePasses(all, mergeMemory(folder, 2, [false]), mergeIds)).toThrow('the run file is not there');
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});
