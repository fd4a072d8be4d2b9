// The merge that folds partial results against the tree of losers and the folds of groups: same groups, same counts, whatever the
// values are.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fc, test } from '@fast-check/vitest';
import { limits } from '@sheaf/protocol';
import type { Fold, FoldedColumn, Shuffle } from '@sheaf/protocol/graph';
import { afterEach, beforeEach, expect } from 'vitest';
import { Groups } from '../../../packages/worker/src/executor/shuffle/groups.ts';
import type { MergeSource } from '../../../packages/worker/src/executor/shuffle/merge-source.ts';
import { type MergeMemory, OpenMerge, sourcesOf } from '../../../packages/worker/src/executor/shuffle/merge-sources.ts';
import { numberFoldsOf } from '../../../packages/worker/src/executor/shuffle/number-folds.ts';
import { foldingOf } from '../../../packages/worker/src/executor/steps/folds.ts';
import { type AnyFunction, jobOfFunctions, mergeMemory, type ShuffleRun, writeRun } from './shuffle.ts';

const functions: readonly AnyFunction[] = [(a, b) => a + b];
const fanIn = 12;
const run: ShuffleRun = { sides: [], functions, partitions: 1, regionBytes: 2 * 1_048_576, fanIn };
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-folded-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Row {
  readonly key: unknown;
  readonly order: number;
  readonly value: unknown;
}

function shuffleOf(combine: Fold, value: Shuffle['value'], ordered: boolean): Shuffle {
  const key = [{ select: { type: 'column', name: 'key' }, desc: false } as const];
  const order = [{ select: { type: 'column', name: 'order' }, desc: true } as const];
  return { key: ordered ? [...key, ...order] : key, group: 1, value, combine, partitioner: { type: 'hash' } };
}

/** The groups of a merge, and what was counted. `window`: bytes that records are folded into at a time; null: in groups. */
function read(sources: readonly MergeSource[], shuffle: Shuffle, window: number | null): unknown[] {
  const merge: MergeMemory = mergeMemory(folder, fanIn, [shuffle.key.length > 1]);
  const job = jobOfFunctions(functions);
  const folds = numberFoldsOf(shuffle, job);
  const { from, to } = merge.blocks;
  // Behind room for a key.
  const end = from + limits.keyBytesMax + 16 + (window ?? to);
  const open = new OpenMerge(sources, { ...merge, blocks: { from, to: Math.min(to, end) } });
  try {
    if (folds === null) throw new Error('it is folded by a function');
    const merged = window === null ? open : open.folded(folds);
    const descending = shuffle.key.map(part => part.desc);
    const side = { folding: foldingOf(shuffle.combine as Fold, job, true), finishes: false, keyOnly: false, descending, group: 1 };
    const groups = new Groups(merged, merge, { key: merge.key, sides: [side] });
    const told: unknown[] = [];
    while (groups.nextGroup()) {
      told.push(groups.key());
      while (groups.nextValue()) told.push([groups.value]);
    }
    return [...told, groups.records, groups.bytesRead, merge.progress.records];
  } finally {
    open.close();
  }
}

function same(tasks: readonly (readonly Row[])[], shuffle: Shuffle, window: number): void {
  const sources = tasks.flatMap((records, task) => {
    const { path, ids } = writeRun(run, { folder, edge: 0, task, records, shuffle });
    return sourcesOf(path, ids, { side: 0, from: 0, to: 1, splitters: null });
  });
  if (sources.length > 0) expect(read(sources, shuffle, window)).toEqual(read(sources, shuffle, null));
}

const number = fc.oneof(fc.integer({ min: -200, max: 9_000 }), fc.double(), fc.maxSafeInteger(), fc.constantFrom(-0, 1, Number.NaN));
const key = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.string({ maxLength: 3 }), fc.constantFrom('x'.repeat(300), 'y'.repeat(60_000)));
const rows = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Row[][]> => {
  const row = fc.record({ key, order: fc.integer({ min: 0, max: 1 }), value });
  return fc.array(fc.array(row, { maxLength: 25 }), { minLength: 1, maxLength: 6 });
};
const window = fc.constantFrom(200_000, 1_000_000);
const of = { type: 'column', name: 'value' } as const;

test.prop([rows(number), fc.constantFrom('sum', 'count', 'min', 'max'), fc.boolean(), window], { numRuns: 40 })(
  'of numbers',
  (tasks, name, ordered, size) => same(tasks, shuffleOf({ type: 'built-in', name }, of, ordered), size),
);

const text = fc.oneof({ weight: 4, arbitrary: number }, fc.string({ maxLength: 3 }), fc.constantFrom('z'.repeat(70_000)));
test.prop([rows(text), fc.boolean(), window], { numRuns: 40 })(
  'of numbers and of what is none, by a function that adds',
  (tasks, ordered, size) => same(tasks, shuffleOf({ type: 'function', function: { role: 'fold', index: 0, code: '' } }, of, ordered), size),
);

const folds: readonly FoldedColumn['fold'][] = ['count', 'sum', 'mean', 'variance', 'min', 'max', 'variance', 'mean'];
test.prop([rows(number), fc.integer({ min: 1, max: folds.length }), window], { numRuns: 40 })(
  'of lists of numbers',
  (tasks, count, size) => {
    const columns = folds.slice(0, count).map((fold, i): FoldedColumn => ({ name: `n${i}`, fold, of }));
    same(tasks, shuffleOf({ type: 'columns', columns }, { type: 'record' }, false), size);
  },
);
