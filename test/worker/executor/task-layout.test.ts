// How a task's memory is cut: everything fits, for any stage and budget that planning accepts; what it refuses says what to raise.

import { fc, test } from '@fast-check/vitest';
import { limits } from '@sheaf/protocol';
import type { Edge, Stage, StageGraph } from '@sheaf/protocol/graph';
import { cursorBytes, defaultSettings, memoryProblem, runWriterBytes } from '@sheaf/protocol/graph';
import { describe, expect } from 'vitest';
import type { Region } from '../../../packages/worker/src/data/memory.ts';
import { TaskMemory } from '../../../packages/worker/src/data/memory.ts';
import { tableLayout } from '../../../packages/worker/src/executor/shuffle/table-layout.ts';
import { layoutOf, type TaskLayout } from '../../../packages/worker/src/executor/task-layout.ts';

type Kind = 'combined' | 'plain' | 'keyless' | 'broadcast';

/** Pages that nothing touches cost nothing. */
const memories = new Map<number, TaskMemory>();

function memoryOf(memoryMb: number): TaskMemory {
  const memory = memories.get(memoryMb) ?? new TaskMemory(memoryMb);
  memories.set(memoryMb, memory);
  memory.reset();
  return memory;
}

function graphOf(tasks: 'splits' | 'partitions', kinds: readonly Kind[], memoryMb: number): StageGraph {
  const stage: Stage = {
    name: 'sender',
    tasks: tasks === 'splits' ? { type: 'splits', inputs: [] } : { type: 'partitions', count: { type: 'fixed', count: 1 } },
    outputs: [],
    steps: [],
  };
  const edges = kinds.map((kind): Edge => {
    if (kind === 'broadcast') return { type: 'broadcast', from: 0, to: 1 };
    const key = kind === 'keyless' ? [] : [{ select: { type: 'record' }, desc: false } as const];
    const combine = kind === 'combined' ? ({ type: 'built-in', name: 'sum' } as const) : null;
    return {
      type: 'shuffle',
      from: 0,
      to: 1,
      shuffle: { key, group: key.length, value: { type: 'record' }, combine, partitioner: { type: 'hash' } },
    };
  });
  return {
    version: 1,
    job: 'layout',
    stages: [stage, { ...stage, name: 'receiver' }],
    edges,
    outputs: [],
    settings: { ...defaultSettings, memoryMb },
    onError: null,
  };
}

function regionsOf(layout: TaskLayout): Region[] {
  const { merge, window, edges } = layout;
  return [
    ...(window === null ? [] : [window]),
    ...(merge === null ? [] : [merge.cursors, merge.large, merge.key, merge.blocks]),
    ...[...edges.values()].flatMap(({ region, blocks }) => [region, blocks]),
  ];
}

const size = ({ from, to }: Region): number => to - from;

describe('the layout of a task', () => {
  const kinds = fc.array(fc.constantFrom<Kind>('combined', 'plain', 'keyless', 'broadcast'), { maxLength: 30 });
  const tasks = fc.constantFrom<'splits' | 'partitions'>('splits', 'partitions');
  const budgets = fc.oneof(fc.constantFrom(16, 17, 64), fc.integer({ min: 16, max: 120 }));

  test.prop([kinds, tasks, budgets], { numRuns: 300 })('gives everything its room, where planning found that there is', (list, of, mb) => {
    const refused = memoryProblem(graphOf(of, list, mb));
    const memoryMb = refused === null ? mb : Number(/^stage 'sender' .*: raise it to (\d+) or more$/.exec(refused.text)?.[1]);
    const graph = graphOf(of, list, memoryMb);
    expect(memoryProblem(graph)).toBeNull();
    if (refused !== null) expect(memoryProblem(graphOf(of, list, memoryMb - 1))?.text).toContain(`raise it to ${memoryMb} or more`);

    const memory = memoryOf(memoryMb);
    const layout = layoutOf(memory, graph, graph.stages[0]!, 0);
    const regions = regionsOf(layout).sort((a, b) => a.from - b.from);
    for (const [i, region] of regions.entries()) expect(region.from).toBeGreaterThanOrEqual(regions[i - 1]?.to ?? 0);
    expect(regions.at(-1)?.to ?? 0).toBeLessThanOrEqual(memory.budgetBytes);
    const { merge, recordBytesMax, window } = layout;
    expect(recordBytesMax).toBe(memory.budgetBytes / 4);
    expect(window === null).toBe(of === 'partitions');
    if (window !== null) expect(size(window)).toBeGreaterThan(recordBytesMax + limits.blockBytes - 1);
    if (merge !== null) {
      expect(merge.fanIn).toBeGreaterThanOrEqual(2);
      expect(size(merge.cursors)).toBeGreaterThanOrEqual(merge.fanIn * cursorBytes);
      expect(size(merge.large)).toBeGreaterThanOrEqual(recordBytesMax);
    }
    expect([...layout.edges.keys()]).toEqual(list.map((_, id) => id));
    for (const [id, { region, blocks }] of layout.edges) {
      expect(size(blocks)).toBeGreaterThanOrEqual(runWriterBytes);
      // A third of an arena is room for two cursors beside its largest record.
      expect(size(region) / 3).toBeGreaterThan(2 * cursorBytes);
      if (list[id] === 'combined') expect(tableLayout(region).bytesMax).toBeGreaterThan(300_000);
    }
  });

  test('is never cut short where planning was not asked', () => {
    const graph = graphOf('splits', Array<Kind>(8).fill('combined'), 16);
    expect(() => layoutOf(memoryOf(16), graph, graph.stages[0]!, 0)).toThrow(/^task memory: the edges out of stage 0 want \d+ bytes more/);
  });
});

describe('a table', () => {
  test.prop([fc.integer({ min: 1_150_000, max: 12_000_000 }), fc.nat(1000)], { numRuns: 300 })(
    'fits into its region, however it is cut',
    (bytes, at) => {
      const region = { from: at * 16, to: at * 16 + (bytes & ~15) };
      const { slotsAt, slotsMax, entriesAt, arenaFrom, arenaTo, bytesMax, valueBytesMax } = tableLayout(region);
      const entriesMax = Math.ceil(bytesMax / 33) + 1;
      expect(slotsAt * 4).toBeGreaterThanOrEqual(region.from);
      expect(slotsMax & (slotsMax - 1)).toBe(0);
      // Never full, and out of the way of the entries.
      expect(slotsMax).toBeGreaterThan(entriesMax);
      expect(slotsAt + 2 * slotsMax).toBeLessThanOrEqual(entriesAt);
      expect(entriesAt % 2).toBe(0);
      expect(arenaFrom).toBeGreaterThanOrEqual(entriesAt * 4 + entriesMax * 8);
      expect(arenaFrom % 16).toBe(0);
      // The sort index takes the place of the slots, its spare half lies behind the arena.
      expect(region.from + entriesMax * 16).toBeLessThanOrEqual(entriesAt * 4);
      expect(arenaTo + entriesMax * 16).toBeLessThanOrEqual(region.to);
      // A full table has room for the record that fills it.
      expect(arenaTo - arenaFrom).toBeGreaterThanOrEqual(bytesMax + 1_048_576 + limits.keyBytesMax + 12);
      expect(valueBytesMax).toBeGreaterThan(1_048_576);
    },
  );
});
