// Task counts: a stage has as many tasks as the bytes that are shuffled to it call for, whichever way they come, counted once.

import { planTasks, type Sources } from '@sheaf/coordinator/planning';
import { defaultSettings, type Edge, type FunctionRef, type Stage, type StageGraph, type StageId } from '@sheaf/protocol/graph';
import { expect, it } from 'vitest';

const reader = (name: string): Stage => ({
  ...{ name, outputs: [], steps: [] },
  tasks: { type: 'splits', inputs: [{ type: 'files', paths: [name], format: { type: 'text', unit: 'line' }, schema: null }] },
});
const counted = (name: string, of: 'source' | 'edges' = 'source'): Stage => ({
  ...{ name, outputs: [], steps: [] },
  tasks: { type: 'partitions', count: { type: 'auto', of, bytesPerTask: 100, min: 1, max: 50 } },
});
const shuffle = (from: StageId, to: StageId): Edge => ({
  ...{ type: 'shuffle', from, to },
  shuffle: { key: [], group: 0, value: { type: 'record' }, combine: null, partitioner: { type: 'hash' } },
});

const graph: StageGraph = {
  ...{ version: 1, job: 'diamond', outputs: [], settings: defaultSettings, onError: null },
  stages: [reader('a'), reader('b'), reader('c'), counted('left'), counted('right'), counted('both'), counted('late', 'edges')],
  edges: [shuffle(0, 3), shuffle(0, 4), shuffle(1, 4), { type: 'broadcast', from: 2, to: 5 }, shuffle(3, 5), shuffle(4, 5), shuffle(5, 6)],
};

function sourcesOf(sizes: readonly number[]): Sources {
  return new Map(
    sizes.map((size, stage) => {
      const files = [{ path: `/in/${stage}`, size, modifiedMs: 0, packed: null }];
      return [stage, [{ files, listed: { type: 'files', files, format: { type: 'text', unit: 'line' } } }]];
    }),
  );
}

it('counts tasks by the bytes upstream, each input once, broadcasts not at all', () => {
  const { counts, splits, files } = planTasks(graph, sourcesOf([1000, 500, 7000]));
  expect(counts).toEqual({ 0: 2, 1: 2, 2: 2, 3: 10, 4: 15, 5: 15, 6: 'later' });
  expect(splits[0]).toEqual([
    { input: 0, pieces: [{ file: 0, from: 0, to: 500 }] },
    { input: 0, pieces: [{ file: 0, from: 500, to: 1000 }] },
  ]);
  expect(files[1]).toEqual([[{ path: '/in/1', size: 500, modifiedMs: 0, packed: null }]]);
});

it('keeps counts within their bounds', () => {
  expect(planTasks(graph, sourcesOf([1, 1, 1])).counts).toMatchObject({ 3: 1, 5: 1 });
  expect(planTasks(graph, sourcesOf([1e9, 1, 1])).counts).toMatchObject({ 3: 50, 4: 50 });
});

it('plans the splits of one list of items as a rule, where it can', () => {
  const of = (perTask: number | null): StageGraph => {
    const make: FunctionRef = { index: 0, role: 'items', code: '0'.repeat(64) };
    const read: Stage = { ...reader('a'), tasks: { type: 'splits', inputs: [{ type: 'items', items: make, perTask }] } };
    return { ...graph, stages: [read], edges: [] };
  };
  const planned = (items: number, perTask: number | null) => {
    const file = { path: '/blobs/a', size: 1, modifiedMs: 0, packed: null };
    const { splits, counts } = planTasks(
      of(perTask),
      new Map([[0, [{ files: [file], listed: { type: 'items', count: items, perTask } }]]]),
    );
    return { splits: splits[0], count: counts[0] };
  };
  expect(planned(1_000_000, 1)).toEqual({ splits: { items: 1_000_000, perTask: 1 }, count: 1_000_000 });
  expect(planned(10, 3)).toEqual({ splits: { items: 10, perTask: 3 }, count: 4 });
  expect(planned(3, 5).count).toBe(2);
  expect(planned(0, 1).count).toBe(1);
  expect(planned(10, null).count).toBe(10);
});
