// What planning adds to a graph: splits and task counts. Never part of the graph's hash; journalled with the job.

import type { StageId } from '../ids.ts';
import type { Count, StageGraph } from './types.ts';

/** Bytes [from, to) of one listed file; `to` is Infinity-free: a whole packed (gz) file is [0, its size on disk). */
export interface Piece {
  /** Index into the input's files. */
  readonly file: number;
  readonly from: number;
  readonly to: number;
}

/** What one task of a 'splits' stage reads: a byte range, or a pack of small files, of one input. */
export interface Split {
  readonly input: number;
  readonly pieces: readonly Piece[];
}

/** A file as it was when the job was planned; a reader that finds another size or time answers E_INPUT_CHANGED. */
export interface ListedFile {
  /** Absolute path. */
  readonly path: string;
  readonly size: number;
  readonly modifiedMs: number;
  /** Unpacked while read, and so never cut. */
  readonly packed: 'gzip' | null;
}

/** The splits of a stage that reads one list of items, as a rule: there may be a million. Task t reads items [t * perTask, (t + 1) * perTask). */
export interface ItemSplits {
  readonly items: number;
  readonly perTask: number;
}

export type Splits = readonly Split[] | ItemSplits;

export function countSplits(splits: Splits): number {
  return isItemSplits(splits) ? Math.ceil(splits.items / splits.perTask) : splits.length;
}

/** null: there are not so many. */
export function splitAt(splits: Splits, task: number): Split | null {
  if (!isItemSplits(splits)) return splits[task] ?? null;
  const { items, perTask } = splits;
  const from = task * perTask;
  return from >= items ? null : { input: 0, pieces: [{ file: 0, from, to: Math.min(items, from + perTask) }] };
}

export function isItemSplits(splits: Splits): splits is ItemSplits {
  return !Array.isArray(splits);
}

export interface TaskPlan {
  readonly graphHash: string;
  /** By stage, then by input of the stage. */
  readonly files: { readonly [stage: StageId]: readonly (readonly ListedFile[])[] };
  readonly splits: { readonly [stage: StageId]: Splits };
  readonly counts: { readonly [stage: StageId]: number | 'later' };
}

/** By stage: the stages of splits whose records are shuffled to it, at once or over other stages, or its own. A broadcast adds nothing. */
export function sourcesOf(graph: StageGraph): ReadonlySet<StageId>[] {
  const sources = graph.stages.map(({ tasks }, id) => new Set<StageId>(tasks.type === 'splits' ? [id] : []));
  // Edges lead from lower to higher stages, so those of a stage are complete when it is asked for them.
  for (const to of sources.keys()) {
    for (const edge of graph.edges) {
      if (edge.to === to && edge.type === 'shuffle') for (const source of sources[edge.from] ?? []) sources[to]?.add(source);
    }
  }
  return sources.map(set => new Set([...set].sort((a, b) => a - b)));
}

/** Tasks of an even size are so many at a time: two or four slots then end with them together. */
const evenTasks = 4;

/** How many tasks or partitions a count asks for when so many bytes are read. */
export function partitionCount(count: Count, bytes: number): number {
  if (count.type === 'fixed') return count.count;
  const wanted = Math.ceil(bytes / count.bytesPerTask);
  // Ranges are cut to an even size, hash partitions are as large as they are.
  const even = count.of === 'edges' && wanted > 2 ? Math.ceil(wanted / evenTasks) * evenTasks : wanted;
  return Math.min(count.max, Math.max(count.min, even));
}
