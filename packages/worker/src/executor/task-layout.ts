// How a task's fixed memory is cut, from the stage and the budget alone: the window of its input or the cursors of its merge,
// then the writers of its edges share the rest.

import { limits } from '@sheaf/protocol';
import type { EdgeId, Stage, StageGraph } from '@sheaf/protocol/graph';
import type { Region, TaskMemory } from '../data/memory.ts';
import { cursorBytes } from '../data/run-cursor.ts';
import { runWriterBytes } from '../data/run-writer.ts';
import { fanInOf } from './segment-merge.ts';

export interface EdgeRegions {
  readonly region: Region;
  readonly blocks: Region;
}

export interface TaskLayout {
  readonly recordBytesMax: number;
  /** A stage of splits: where its input is decoded. */
  readonly window: Region | null;
  /** A stage of partitions: what its merge needs. */
  readonly merge: {
    readonly cursors: Region;
    readonly large: Region;
    readonly key: Region;
    readonly blocks: Region;
    readonly fanIn: number;
  } | null;
  readonly edges: ReadonlyMap<EdgeId, EdgeRegions>;
}

/** A record is at most a quarter of the budget. */
export function recordBytesMaxOf(memory: TaskMemory): number {
  return Math.floor(memory.budgetBytes * limits.recordShareOfMemory);
}

/** Cuts a memory that has been reset. */
export function layoutOf(memory: TaskMemory, graph: StageGraph, stage: Stage, stageId: number): TaskLayout {
  const recordBytesMax = recordBytesMaxOf(memory);
  const window = stage.tasks.type === 'splits' ? memory.reserve(recordBytesMax + limits.keyBytesMax) : null;
  const merge = stage.tasks.type === 'partitions' ? mergeLayout(memory, recordBytesMax) : null;
  return { recordBytesMax, window, merge, edges: edgeLayout(memory, graph, stageId) };
}

function mergeLayout(memory: TaskMemory, recordBytesMax: number): TaskLayout['merge'] {
  const fanIn = fanInOf(memory.budgetBytes / 2);
  const cursors = memory.reserve(fanIn * cursorBytes);
  const large = memory.reserve(recordBytesMax);
  const key = memory.reserve(2 * limits.keyBytesMax);
  return { cursors, large, key, blocks: memory.reserve(runWriterBytes), fanIn };
}

/** Edges with keys get four times the room of those without: samples and broadcasts are small. */
function edgeLayout(memory: TaskMemory, graph: StageGraph, stageId: number): Map<EdgeId, EdgeRegions> {
  const leaving = graph.edges.flatMap((edge, id) => {
    if (edge.from !== stageId) return [];
    return [{ id, weight: edge.type === 'shuffle' && edge.shuffle.key.length > 0 ? 4 : 1, blocks: memory.reserve(runWriterBytes) }];
  });
  const weights = leaving.reduce((sum, edge) => sum + edge.weight, 0);
  const share = weights === 0 ? 0 : Math.floor((memory.freeBytes - 16 * leaving.length) / weights);
  return new Map(leaving.map(edge => [edge.id, { region: memory.reserve(share * edge.weight), blocks: edge.blocks }]));
}
