// How a task's fixed memory is cut, from the stage and the budget alone: the window of its input or the cursors of its merge,
// then the writers of its edges share the rest.

import { FailureError, limits } from '@sheaf/protocol';
import type { EdgeId, Stage, StageGraph } from '@sheaf/protocol/graph';
import type { Region, TaskMemory } from '../data/memory.ts';
import { cursorBytes } from '../data/run-cursor.ts';
import { runWriterBytes } from '../data/run-writer.ts';
import { fanInOf } from './shuffle/segment-merge.ts';

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
  return { recordBytesMax, window, merge, edges: edgeLayout(memory, graph, stage, stageId) };
}

function mergeLayout(memory: TaskMemory, recordBytesMax: number): TaskLayout['merge'] {
  const fanIn = fanInOf(memory.budgetBytes / 4);
  const cursors = memory.reserve(fanIn * cursorBytes);
  const large = memory.reserve(recordBytesMax);
  const key = memory.reserve(2 * limits.keyBytesMax);
  return { cursors, large, key, blocks: memory.reserve(runWriterBytes), fanIn };
}

/** What the input of a stage takes of a budget, with room to align its regions. */
function inputBytes(stage: Stage, budgetBytes: number): number {
  const record = Math.floor(budgetBytes * limits.recordShareOfMemory);
  if (stage.tasks.type === 'splits') return record + limits.keyBytesMax + 64;
  return fanInOf(budgetBytes / 4) * cursorBytes + record + 2 * limits.keyBytesMax + runWriterBytes + 64;
}

/** The least an edge can do with: room to merge two segments beside the largest record it then has room for. */
const arenaBytesMin = 1_048_576;
const tableBytesMin = 2 * 1_048_576;

/** After what each cannot do without, edges with keys get four times the room of those without: samples and broadcasts are small. */
function edgeLayout(memory: TaskMemory, graph: StageGraph, stage: Stage, stageId: number): Map<EdgeId, EdgeRegions> {
  const leaving = graph.edges.flatMap((edge, id) => {
    if (edge.from !== stageId) return [];
    const combines = edge.type === 'shuffle' && edge.shuffle.combine !== null;
    const weight = edge.type === 'shuffle' && edge.shuffle.key.length > 0 ? 4 : 1;
    return [{ id, weight, bytesMin: combines ? tableBytesMin : arenaBytesMin }];
  });
  const needed = leaving.reduce((sum, edge) => sum + edge.bytesMin + runWriterBytes + 64, 0);
  if (needed > memory.freeBytes) throw tooManyEdges(memory, stage, leaving.length, needed);
  const weights = leaving.reduce((sum, edge) => sum + edge.weight, 0);
  const share = Math.floor((memory.freeBytes - needed) / Math.max(1, weights));
  return new Map(
    leaving.map(edge => {
      const blocks = memory.reserve(runWriterBytes);
      return [edge.id, { region: memory.reserve(edge.bytesMin + share * edge.weight), blocks }];
    }),
  );
}

function tooManyEdges(memory: TaskMemory, stage: Stage, edges: number, needed: number): FailureError {
  const given = memory.budgetBytes / 1_048_576;
  let wanted = given + 1;
  while (inputBytes(stage, wanted * 1_048_576) + needed > wanted * 1_048_576) wanted++;
  const message = `stage '${stage.name}' sends its records ${edges} ways, for which settings.memoryMb (${given}) is too small: raise it to ${wanted} or more`;
  return new FailureError({ code: 'E_USAGE', message });
}
