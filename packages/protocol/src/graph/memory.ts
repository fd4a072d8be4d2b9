// What a task needs of its fixed memory, from its stage and the budget alone. A plan is refused by these numbers before anything
// runs, and executors cut their memory by the same ones: so no task ever finds that its stage has no room.

import type { StageId } from '../ids.ts';
import { limits } from '../limits.ts';
import { runsOutOf } from './shared-runs.ts';
import type { Edge, Stage, StageGraph } from './types.ts';

const mebibyte = 1_048_576;

/** A block of a run file: its header, and the most raw bytes it can have, as the key and lengths of a large record are never cut. */
export const blockHeaderBytes = 32;
export const blockRawBytesMax: number = limits.blockBytes + limits.keyBytesMax + 64;

/** What reading a stretch of a run takes: a block's body, behind it its header, and what a kernel that merges keeps of the cursor. */
export const cursorStateAt: number = blockRawBytesMax + blockHeaderBytes;
export const cursorBytes: number = cursorStateAt + 64;

/** What writing a run takes: so many bytes of blocks are written at once, with the last of them and the one that is begun. */
export const runFlushBytes: number = mebibyte;
export const runWriterBytes: number = runFlushBytes + 2 * (blockRawBytesMax + blockHeaderBytes);

/** The least an edge's records can do with: room to merge two segments beside the largest record it then has room for. */
const arenaBytesMin = mebibyte;
const tableBytesMin = 2 * mebibyte;

/** Room to align the regions of an input or of an edge. */
const alignmentBytes = 64;

/** A record is at most a quarter of the budget. */
export function recordBytesMaxOf(budgetBytes: number): number {
  return Math.floor(budgetBytes * limits.recordShareOfMemory);
}

/** How many cursors have room in so many bytes, at most the fan-in. */
export function fanInOf(bytes: number): number {
  return Math.min(limits.mergeFanInMax, Math.floor(bytes / cursorBytes));
}

/** Where the input of a task lies: splits are decoded in a window, partitions are merged. */
export type InputBytes =
  | { readonly type: 'window'; readonly window: number }
  | {
      readonly type: 'merge';
      readonly fanIn: number;
      readonly cursors: number;
      /** One value larger than a block. */
      readonly large: number;
      readonly key: number;
      /** Blocks of what a pass writes. */
      readonly blocks: number;
    };

export function inputBytesOf(stage: Stage, budgetBytes: number): InputBytes {
  const large = recordBytesMaxOf(budgetBytes);
  if (stage.tasks.type === 'splits') return { type: 'window', window: large + limits.keyBytesMax };
  const fanIn = fanInOf(budgetBytes / 4);
  return { type: 'merge', fanIn, cursors: fanIn * cursorBytes, large, key: 2 * limits.keyBytesMax, blocks: runWriterBytes };
}

/** The least that the records of an edge can do with. */
export function edgeBytesMin(edge: Edge): number {
  return edge.type === 'shuffle' && edge.shuffle.combine !== null ? tableBytesMin : arenaBytesMin;
}

/** What the runs of a stage cannot do without, their writers included. */
export function edgesBytesMin(edges: readonly Edge[]): number {
  return edges.reduce((sum, edge) => sum + edgeBytesMin(edge) + runWriterBytes + alignmentBytes, 0);
}

/** The first stage for which settings.memoryMb is too small, and what is to be done; null when there is room for all. */
export function memoryProblem(graph: StageGraph): { readonly stage: StageId; readonly text: string } | null {
  const { memoryMb } = graph.settings;
  for (const [id, stage] of graph.stages.entries()) {
    const leaving = runsOutOf(graph, id).map(edge => graph.edges[edge] as Edge);
    const needed = edgesBytesMin(leaving);
    if (hasRoom(stage, needed, memoryMb)) continue;
    const ways = leaving.length === 0 ? 'has no room for its input' : `sends its records ${leaving.length} ways`;
    return {
      stage: id,
      text: `stage '${stage.name}' ${ways}, for which settings.memoryMb (${memoryMb}) is too small: ${remedy(stage, needed)}`,
    };
  }
  return null;
}

function remedy(stage: Stage, needed: number): string {
  for (let wanted = limits.memoryMbMin; wanted <= limits.memoryMbMax; wanted++) {
    if (hasRoom(stage, needed, wanted)) return `raise it to ${wanted} or more`;
  }
  return `${limits.memoryMbMax}, the most there can be, is too small too, so send them fewer ways`;
}

function hasRoom(stage: Stage, needed: number, memoryMb: number): boolean {
  const budgetBytes = memoryMb * mebibyte;
  const input = inputBytesOf(stage, budgetBytes);
  const taken = input.type === 'window' ? input.window : input.cursors + input.large + input.key + input.blocks;
  return taken + alignmentBytes + needed <= budgetBytes;
}
