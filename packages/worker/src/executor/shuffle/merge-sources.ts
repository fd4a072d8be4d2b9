// What a task's merge reads: the stretches of all map outputs that hold its partitions or its key range, in the order that
// decides ties (side, map task, segment). More sources than the fan-in are merged in passes, neighbours of one side with
// neighbours, until few enough are left; passes compare and copy, they never combine.

import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { FailureError } from '@sheaf/protocol';
import { cursorBytes } from '@sheaf/protocol/graph';
import type { BlockIndex } from '../../data/block-index.ts';
import type { Region, TaskMemory } from '../../data/memory.ts';
import type { ReadAhead } from '../../data/read-ahead.ts';
import { type CursorStart, RunCursor } from '../../data/run-cursor.ts';
import { inFile, OpenRun, openThrough, RunFile, type RunPlace, withFooter } from '../../data/run-file.ts';
import { type RunFooter, type RunIds, runHeaderBytes, type Stretch } from '../../data/run-format.ts';
import { RunWriter } from '../../data/run-writer.ts';
import type { Progress } from '../progress.ts';
import { BulkMerge, type BulkMergeOptions, copyRecords } from './bulk-merge.ts';
import type { MergeSource } from './merge-source.ts';
import { MergedRecords } from './merged-records.ts';
import type { NumberFolds } from './number-folds.ts';
import { RunChain } from './run-chain.ts';

/** Of one edge: which partitions, or for a range edge which key range, the task reads. */
export interface SourceWanted {
  readonly side: number;
  readonly from: number;
  readonly to: number;
  /** Range edges: the keys that cut the partitions; partition i lies below splitters[i]. */
  readonly splitters: readonly Uint8Array[] | null;
}

/** The sources in one map output, in segment order. Throws CorruptRun when the file is not the one that is meant. */
export function sourcesOf(place: RunPlace, ids: RunIds, wanted: SourceWanted): MergeSource[] {
  return withFooter(place, ids, footer => sourcesIn(footer, { place, ids, wanted }));
}

/** The same of a run that is read through `files`: each is open already. */
export function openSourcesOf(files: ReadAhead, place: RunPlace, ids: RunIds, wanted: SourceWanted): MergeSource[] {
  const run = openThrough(files, place, ids);
  return sourcesIn(run.footer, { place, ids, wanted }).map(source => ({ ...source, run }));
}

interface SourcePlace {
  readonly place: RunPlace;
  readonly ids: RunIds;
  readonly wanted: SourceWanted;
}

function sourcesIn({ stretches, blocks }: RunFooter, { place, ids, wanted }: SourcePlace): MergeSource[] {
  const { path, at } = inFile(place);
  const sources: MergeSource[] = [];
  for (const stretch of stretches) {
    const start = wanted.splitters === null ? wholeStretch(stretch, wanted) : keyRange(stretch, blocks, wanted, wanted.splitters);
    if (start !== null) sources.push({ path, at, ids, side: wanted.side, start, temporary: false });
  }
  return sources;
}

function wholeStretch(stretch: Stretch, wanted: SourceWanted): CursorStart | null {
  return stretch.partition >= wanted.from && stretch.partition < wanted.to ? stretch : null;
}

function keyRange(stretch: Stretch, blocks: BlockIndex, wanted: SourceWanted, splitters: readonly Uint8Array[]): CursorStart {
  const low = wanted.from === 0 ? undefined : splitters[wanted.from - 1];
  const high = splitters[wanted.to - 1];
  const offset = low === undefined ? stretch.offset : (blocks.lastBelow(stretch.segment, low) ?? stretch.offset);
  const storedBytes = stretch.offset + stretch.storedBytes - offset;
  return { partition: stretch.partition, offset, storedBytes, low, high };
}

export interface MergeMemory {
  readonly memory: TaskMemory;
  /** `fanIn` cursors. */
  readonly cursors: Region;
  /** One value larger than a block. */
  readonly large: Region;
  /** Two keys. */
  readonly key: Region;
  /** Blocks of a pass's output. */
  readonly blocks: Region;
  readonly fanIn: number;
  /** Where passes put their runs. */
  readonly directory: string;
  /** By side: whether the edge orders values. */
  readonly ordered: readonly boolean[];
  /** Passes over much data take minutes. */
  readonly progress: Progress;
}

/** What gives the records of a merge in order. */
export interface Merged {
  readonly tree: MergedRecords | RunChain;
  close(): void;
}

/**
 * All sources as one; null: there are none. With one key for all records they are read one behind another when they are too many for
 * one merge, and each is asked for when the ones before are read; else there are passes.
 */
export function openMerged(
  sources: Iterable<MergeSource>,
  merge: MergeMemory,
  of: { readonly ids: Omit<RunIds, 'edge'>; readonly keyed: boolean },
): Merged | null {
  const rest = sources[Symbol.iterator]();
  const first: MergeSource[] = [];
  const most = of.keyed ? Number.POSITIVE_INFINITY : merge.fanIn + 1;
  while (first.length < most) {
    const next = rest.next();
    if (next.done === true) break;
    first.push(next.value);
  }
  if (first.length === 0) return null;
  if (first.length < most) return new OpenMerge(mergePasses(first, merge, of.ids), merge);
  const { from } = merge.cursors;
  const tree = new RunChain(merge.memory, chained(first, rest), { from, to: from + cursorBytes });
  return { tree, close: () => tree.close() };
}

function* chained(first: readonly MergeSource[], rest: Iterator<MergeSource>): Generator<MergeSource> {
  yield* first;
  for (let next = rest.next(); next.done !== true; next = rest.next()) yield next.value;
}

/** An open merge of at most `fanIn` sources: its records are gone through by `tree` or `folded`, or moved by `bulk`, once. */
export class OpenMerge {
  readonly cursors: readonly RunCursor[];
  private readonly merge: MergeMemory;
  private readonly files = new Map<string, OpenRun>();
  private readonly sources: readonly MergeSource[];
  private records: MergedRecords | null = null;

  constructor(sources: readonly MergeSource[], merge: MergeMemory) {
    if (sources.length > merge.fanIn) throw new Error(`a merge of ${sources.length} sources has memory for ${merge.fanIn}`);
    this.sources = sources;
    this.merge = merge;
    try {
      this.cursors = sources.map((source, i) => {
        const from = merge.cursors.from + i * cursorBytes;
        const ordered = merge.ordered[source.side] ?? false;
        const buffer = { from, to: from + cursorBytes };
        return new RunCursor({ run: this.open(source), memory: merge.memory, buffer, start: source.start, ordered });
      });
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Every record in order. */
  get tree(): MergedRecords {
    this.records ??= this.recordsOf(null);
    return this.records;
  }

  /** The records, of which partial results have become one where they are numbers: all are of one side. */
  folded(folds: NumberFolds): Merged {
    return { tree: this.recordsOf(folds), close: () => this.close() };
  }

  /** For records that are moved as they are: all are of one side. */
  bulk(): BulkMerge {
    return new BulkMerge(this.options());
  }

  private recordsOf(folds: NumberFolds | null): MergedRecords {
    return new MergedRecords({ ...this.options(), folds, out: this.merge.blocks });
  }

  private options(): BulkMergeOptions {
    const { memory, cursors, key: keys, ordered } = this.merge;
    return { memory, cursors: this.cursors, sides: this.sources.map(({ side }) => side), buffers: cursors.from, ordered, keys };
  }

  close(): void {
    for (const file of this.files.values()) file.close();
    for (const source of this.sources) if (source.temporary) unlinkSync(source.path);
  }

  private open(source: MergeSource): OpenRun {
    const name = `${source.path} ${source.at ?? 0}`;
    let file = this.files.get(name);
    if (file === undefined) {
      file = new OpenRun(source, source.ids);
      this.files.set(name, file);
    }
    return file;
  }
}

/** Merges sources in passes until no more than the fan-in are left. What need not be copied for that is not copied. */
export function mergePasses(sources: readonly MergeSource[], merge: MergeMemory, ids: Omit<RunIds, 'edge'>): readonly MergeSource[] {
  let left = sources;
  for (let pass = 0; left.length > merge.fanIn; pass++) {
    const next: MergeSource[] = [];
    // How many sources fewer there must be.
    let excess = left.length - merge.fanIn;
    for (let from = 0; from < left.length; ) {
      const to = endOfGroup(left, from, Math.min(merge.fanIn, excess + 1));
      const group = left.slice(from, to);
      next.push(
        group.length === 1 ? (group[0] as MergeSource) : mergeGroup(group, merge, { ...ids, edge: pass * 1_000_000 + next.length }),
      );
      excess -= group.length - 1;
      from = to;
    }
    if (next.length === left.length) throw tooManySides(left.length, merge.fanIn);
    left = next;
  }
  return left;
}

/** Neighbours of one side, at most so many. */
function endOfGroup(sources: readonly MergeSource[], from: number, most: number): number {
  const side = sources[from]?.side;
  let to = from + 1;
  while (to < sources.length && to - from < most && sources[to]?.side === side) to++;
  return to;
}

/** Each side is one source already. */
function tooManySides(sides: number, fanIn: number): FailureError {
  const message = `${sides} inputs are joined, more than the ${fanIn} that settings.memoryMb has room for: raise memoryMb, or join in steps`;
  return new FailureError({ code: 'E_USAGE', message });
}

/** One run of neighbours; they are removed when they were temporary. */
function mergeGroup(group: readonly MergeSource[], merge: MergeMemory, ids: RunIds): MergeSource {
  const { side } = group[0] as MergeSource;
  const path = join(merge.directory, `merge-${ids.edge}.run`);
  const open = new OpenMerge(group, merge);
  try {
    const ordered = merge.ordered[side] ?? false;
    const writer = new RunWriter({ memory: merge.memory, region: merge.blocks, path, ids, partitions: 1, ordered, indexBlocks: false });
    copyMerged(open, merge, writer);
  } finally {
    open.close();
  }
  const file = new RunFile(path, ids);
  file.close();
  const [start] = file.footer.stretches;
  return { path, ids, side, start: start ?? { partition: 0, offset: runHeaderBytes, storedBytes: 0 }, temporary: true };
}

function copyMerged(open: OpenMerge, merge: MergeMemory, writer: RunWriter): void {
  try {
    writer.beginSegment();
    copyRecords(open.bulk(), writer, { partition: 0, large: merge.large, progress: merge.progress });
    writer.endSegment();
    writer.finish();
  } catch (error) {
    writer.abandon();
    throw error;
  }
}
