// How a task's fixed memory is cut, from the stage and the budget alone: the window of its input or the cursors of its merge,
// then the writers of its edges share the rest. That there is room was found when the job was planned, by the same numbers.

import type { Stage, StageGraph } from '@sheaf/protocol/graph';
import {
  type Edge,
  type EdgeId,
  edgeBytesMin,
  edgesBytesMin,
  inputBytesOf,
  recordBytesMaxOf,
  runsOutOf,
  runWriterBytes,
} from '@sheaf/protocol/graph';
import type { Region, TaskMemory } from '../data/memory.ts';

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

/** Cuts a memory that has been reset. */
export function layoutOf(memory: TaskMemory, graph: StageGraph, stage: Stage, stageId: number): TaskLayout {
  const recordBytesMax = recordBytesMaxOf(memory.budgetBytes);
  const input = inputBytesOf(stage, memory.budgetBytes);
  const window = input.type === 'window' ? memory.reserve(input.window) : null;
  const merge =
    input.type === 'window'
      ? null
      : {
          cursors: memory.reserve(input.cursors),
          large: memory.reserve(input.large),
          key: memory.reserve(input.key),
          blocks: memory.reserve(input.blocks),
          fanIn: input.fanIn,
        };
  return { recordBytesMax, window, merge, edges: edgeLayout(memory, graph, stageId) };
}

/** After what each cannot do without, edges with keys get four times the room of those without: samples and broadcasts are small. */
function edgeLayout(memory: TaskMemory, graph: StageGraph, stageId: number): Map<EdgeId, EdgeRegions> {
  const leaving = runsOutOf(graph, stageId).map(id => {
    const edge = graph.edges[id] as Edge;
    return { id, edge, weight: weightOf(edge) };
  });
  const spare = memory.freeBytes - edgesBytesMin(leaving.map(({ edge }) => edge));
  if (spare < 0) throw new Error(`task memory: the edges out of stage ${stageId} want ${-spare} bytes more than there are`);
  const weights = leaving.reduce((sum, { weight }) => sum + weight, 0);
  const share = Math.floor(spare / Math.max(1, weights));
  return new Map(
    leaving.map(({ id, edge, weight }) => {
      const blocks = memory.reserve(runWriterBytes);
      return [id, { region: memory.reserve(edgeBytesMin(edge) + share * weight), blocks }];
    }),
  );
}

function weightOf(edge: Edge): number {
  return edge.type === 'shuffle' && edge.shuffle.key.length > 0 ? 4 : 1;
}
