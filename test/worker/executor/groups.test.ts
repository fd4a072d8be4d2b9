// Groups as a reduce function sees them: values lazy, read once, safe to abandon.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { limits } from '@sheaf/protocol';
import type { Shuffle } from '@sheaf/protocol/graph';
import { describe, expect } from 'vitest';
import type { Progress } from '../../../packages/worker/src/executor/progress.ts';
import { Groups, GroupValues } from '../../../packages/worker/src/executor/shuffle/groups.ts';
import { OpenMerge, sourcesOf } from '../../../packages/worker/src/executor/shuffle/merge-sources.ts';
import { mergeMemory, type ShuffleRun, writeRun } from './shuffle.ts';

const shuffle: Shuffle = {
  key: [{ select: { type: 'item', index: 0 }, desc: false }],
  group: 1,
  value: { type: 'item', index: 1 },
  combine: null,
  partitioner: { type: 'hash' },
};

/** Opens the groups of `groups[i]` values of the key i, from three tasks; values are their index in the group. */
function withGroups(
  sizes: readonly number[],
  use: (groups: Groups, progress: Progress) => void,
  { valueBytes = 0, readInGroups = false }: { readonly valueBytes?: number; readonly readInGroups?: boolean } = {},
): void {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-groups-'));
  try {
    const rows = sizes.flatMap((size, key) =>
      Array.from({ length: size }, (_, i) => [key, valueBytes === 0 ? i : `${i}`.padEnd(valueBytes)]),
    );
    // A group's values are cut into three stretches, one a task.
    const tasks = [0, 1, 2].map(task =>
      rows.filter(([key, value]) => Math.floor((Number.parseInt(String(value), 10) * 3) / sizes[key as number]!) === task),
    );
    const run: ShuffleRun = { sides: [], partitions: 1, regionBytes: 4_000_000, fanIn: 9, readInGroups };
    const written = tasks.map((records, task) => writeRun(run, { folder, edge: 0, task, records, shuffle }));
    const sources = written.flatMap(({ path, ids }) => sourcesOf(path, ids, { side: 0, from: 0, to: 1, splitters: null }));
    const merge = mergeMemory(folder, 9, [false]);
    const key = merge.memory.reserve(2 * limits.keyBytesMax);
    const open = new OpenMerge(sources, merge);
    try {
      use(
        new Groups(open, merge, { key, sides: [{ folding: null, finishes: false, keyOnly: false, descending: [false], group: 1 }] }),
        merge.progress,
      );
    } finally {
      open.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the values of a group', () => {
  test.prop(
    [
      fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.nat(9)), { minLength: 1, maxLength: 12 }),
      fc.record({ valueBytes: fc.constantFrom(0, 10, 70_000), readInGroups: fc.boolean() }),
    ],
    { numRuns: 60 },
  )('may be abandoned anywhere', (plan, options) => {
    withGroups(
      plan.map(([size]) => size),
      groups => {
        for (const [key, [size, wanted]] of plan.entries()) {
          expect(groups.nextGroup()).toBe(true);
          expect(groups.key()).toBe(key);
          const read: number[] = [];
          if (wanted > 0) {
            for (const value of new GroupValues(groups)) {
              read.push(Number(value));
              expect(groups.valueCount).toBe(read.length);
              if (read.length === wanted) break;
            }
          }
          expect(read).toEqual(Array.from({ length: Math.min(size, wanted) }, (_, i) => i));
        }
        expect(groups.nextGroup()).toBe(false);
        expect(groups.nextGroup()).toBe(false);
        expect(groups.count).toBe(plan.length);
        expect(groups.records).toBe(plan.reduce((sum, [size]) => sum + size, 0));
      },
      options,
    );
  });

  test('can be read once', () => {
    withGroups([3], groups => {
      groups.nextGroup();
      const values = new GroupValues(groups);
      expect([...values]).toEqual([0, 1, 2]);
      expect(() => [...values]).toThrow('the values of a group can be read once: keep what you need of them, or write them in one pass');
    });
  });

  test('cannot be read when their reduce has ended, the last group no more than the others', () => {
    const late = 'the values of a group cannot be read after its reduce has ended';
    withGroups([3, 3], groups => {
      groups.nextGroup();
      const first = new GroupValues(groups);
      const iterator = first[Symbol.iterator]();
      expect(iterator.next().value).toBe(0);
      groups.nextGroup();
      expect(() => iterator.next()).toThrow(late);
      const last = new GroupValues(groups);
      expect(last.next().value).toBe(0);
      expect(groups.nextGroup()).toBe(false);
      expect(() => last.next()).toThrow(late);
      expect(() => [...last]).toThrow(late);
    });
  });

  test('are progress, each of them, within their group', () => {
    withGroups([20, 3], (groups, progress) => {
      groups.nextGroup();
      let read = 0;
      for (const _ of new GroupValues(groups)) {
        read++;
        expect(progress.records).toBe(read);
        if (read === 15) break;
      }
      expect(progress.bytes).toBe(15 * (9 + 1));
      groups.nextGroup();
      expect(progress.records).toBe(20);
    });
  });

  test('that lie together are progress, each of them, also those that are passed', () => {
    withGroups(
      [20, 9],
      (groups, progress) => {
        groups.nextGroup();
        let read = 0;
        for (const _ of new GroupValues(groups)) {
          read++;
          expect(progress.records).toBe(read);
          if (read === 15) break;
        }
        groups.nextGroup();
        expect(progress.records).toBe(20);
        expect(groups.nextGroup()).toBe(false);
        expect([progress.records, groups.records, groups.count]).toEqual([29, 29, 2]);
        expect(progress.bytes).toBeLessThan(15 * (9 + 1));
      },
      { readInGroups: true },
    );
  });

  test('keep what an iterator has given', () => {
    withGroups([2], groups => {
      groups.nextGroup();
      const iterator = new GroupValues(groups)[Symbol.iterator]();
      const given = [iterator.next(), iterator.next(), iterator.next(), iterator.next()];
      expect(given.map(({ value, done }) => [value, done])).toEqual([
        [0, false],
        [1, false],
        [undefined, true],
        [undefined, true],
      ]);
    });
  });
});
