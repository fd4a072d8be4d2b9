// How a task's memory is cut: everything fits, for any stage and budget that is not refused; what is refused says what to raise.

import { fc, test } from '@fast-check/vitest';
import { FailureError, limits } from '@sheaf/protocol';
import type { Edge, Stage, StageGraph } from '@sheaf/protocol/graph';
import { defaultSettings } from '@sheaf/protocol/graph';
import { describe, expect } from 'vitest';
import type { Region } from '../../../packages/worker/src/data/memory.ts';
import { TaskMemory } from '../../../packages/worker/src/data/memory.ts';
import { cursorBytes } from '../../../packages/worker/src/data/run-cursor.ts';
import { runWriterBytes } from '../../../packages/worker/src/data/run-writer.ts';
import { tableLayout } from '../../../packages/worker/src/executor/shuffle/table-layout.ts';
import { layoutOf, type TaskLayout } from '../../../packages/worker/src/executor/task-layout.ts';

type Kind = 'combined' | 'plain' | 'keyless' | 'broadcast';

const memories = new Map([16, 17, 64].map(memoryMb => [memoryMb, new TaskMemory(memoryMb)]));

function graphOf(tasks: 'splits' | 'partitions', kinds: readonly Kind[]): StageGraph {
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
    settings: defaultSettings,
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
  const kinds = fc.array(fc.constantFrom<Kind>('combined', 'plain', 'keyless', 'broadcast'), { maxLength: 12 });
  test.prop([kinds, fc.constantFrom<'splits' | 'partitions'>('splits', 'partitions'), fc.constantFrom(16, 17, 64)], { numRuns: 200 })(
    'gives everything its room',
    (list, tasks, memoryMb) => {
      const memory = memories.get(memoryMb)!;
      memory.reset();
      const graph = graphOf(tasks, list);
      let layout: TaskLayout;
      try {
        layout = layoutOf(memory, graph, graph.stages[0]!, 0);
      } catch (error) {
        expect(error).toBeInstanceOf(FailureError);
        expect(list.length).toBeGreaterThan(memoryMb < 64 ? 1 : 9);
        return;
      }
      const regions = regionsOf(layout).sort((a, b) => a.from - b.from);
      for (const [i, region] of regions.entries()) expect(region.from).toBeGreaterThanOrEqual(regions[i - 1]?.to ?? 0);
      expect(regions.at(-1)?.to ?? 0).toBeLessThanOrEqual(memory.budgetBytes);
      const { merge, recordBytesMax, window } = layout;
      expect(recordBytesMax).toBe(memory.budgetBytes / 4);
      expect(window === null).toBe(tasks === 'partitions');
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
    },
  );

  test.each(['splits', 'partitions'] as const)('names the memory that a stage of many edges wants: %s', tasks => {
    const graph = graphOf(
      tasks,
      Array.from({ length: 8 }, (): Kind => 'combined'),
    );
    const cut = (memory: TaskMemory): TaskLayout => layoutOf(memory, graph, graph.stages[0]!, 0);
    const small = memories.get(16)!;
    small.reset();
    let wanted = 0;
    try {
      cut(small);
    } catch (error) {
      const pattern =
        /^stage 'sender' sends its records 8 ways, for which settings\.memoryMb \(16\) is too small: raise it to (\d+) or more$/;
      wanted = Number(pattern.exec((error as Error).message)?.[1]);
    }
    expect(() => cut(new TaskMemory(wanted - 1))).toThrow(`raise it to ${wanted} or more`);
    expect(cut(new TaskMemory(wanted)).edges.size).toBe(8);
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
      // Never more than half full, and out of the way of the entries.
      expect(slotsMax).toBeGreaterThanOrEqual(Math.min(entriesMax * 2, 1 << 30));
      expect(slotsAt + slotsMax).toBeLessThanOrEqual(entriesAt);
      expect(entriesAt % 2).toBe(0);
      expect(arenaFrom).toBeGreaterThanOrEqual(entriesAt * 4 + entriesMax * 16);
      // The sort index takes the place of the slots, its spare half lies behind the arena.
      expect(region.from + entriesMax * 16).toBeLessThanOrEqual(entriesAt * 4);
      expect(arenaTo + entriesMax * 16).toBeLessThanOrEqual(region.to);
      // A full table has room for the record that fills it.
      expect(arenaTo - arenaFrom).toBeGreaterThanOrEqual(bytesMax + 1_048_576 + limits.keyBytesMax + 12);
      expect(valueBytesMax).toBeGreaterThan(1_048_576);
    },
  );
});
