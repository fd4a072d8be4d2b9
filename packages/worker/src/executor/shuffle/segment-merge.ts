// Merges the segments of a run that has more of them than a reducer merges at once. Records are compared and copied, never
// combined: combining happens while mapping and in the final merge only, so that it folds in an order the settings decide.

import { renameSync, unlinkSync } from 'node:fs';
import { limits } from '@sheaf/protocol';
import { cursorBytes, fanInOf } from '@sheaf/protocol/graph';
import type { Region } from '../../data/memory.ts';
import { RunCursor } from '../../data/run-cursor.ts';
import { RunFile } from '../../data/run-file.ts';
import type { RunIds, Stretch } from '../../data/run-format.ts';
import type { FinishedRun, RunWriter } from '../../data/run-writer.ts';
import type { LoadedJob } from '../loaded-job.ts';
import type { Progress } from '../progress.ts';
import { BulkMerge, copyRecords } from './bulk-merge.ts';

interface SegmentMerge {
  readonly job: LoadedJob;
  readonly run: FinishedRun;
  readonly ids: RunIds;
  /** Memory for the cursors and one large value. */
  readonly region: Region;
  readonly recordBytesMax: number;
  readonly progress: Progress;
  readonly ordered: boolean;
  /** Starts a run under the same path; `finish` replaces the old one. */
  newRun(): RunWriter;
}

/**
 * Merges neighbouring segments until there are no more than the fan-in. When it fails, the run is gone. It has as many records as
 * before, of which several may be one where they are read in groups.
 */
export function mergeSegments(merge: SegmentMerge): FinishedRun {
  let { run } = merge;
  for (;;) {
    const source = `${run.path}.segments`;
    renameSync(run.path, source);
    const merged = mergedOnce(merge, source);
    run = merged.run;
    if (merged.segments <= limits.mergeFanInMax) return { ...run, records: merge.run.records };
  }
}

/** The run at `source`, which is removed, with as many segments in one as there is memory for. */
function mergedOnce(merge: SegmentMerge, source: string): { run: FinishedRun; segments: number } {
  const file = new RunFile(source, merge.ids);
  try {
    const writer = merge.newRun();
    try {
      const segments = copySegments(merge, file, writer);
      return { run: writer.finish(), segments };
    } catch (error) {
      writer.abandon();
      throw error;
    }
  } finally {
    file.close();
    unlinkSync(source);
  }
}

function copySegments(merge: SegmentMerge, file: RunFile, writer: RunWriter): number {
  const { stretches } = file.footer;
  const { region, recordBytesMax } = merge;
  const count = (stretches.at(-1)?.segment ?? -1) + 1;
  const fanIn = fanInOf(region.to - region.from - recordBytesMax);
  if (fanIn < 2) throw new Error(`no room to merge segments in ${region.to - region.from} bytes`);
  for (let from = 0; from < count; from += fanIn) {
    writer.beginSegment();
    for (const group of byPartition(stretches, from, Math.min(count, from + fanIn))) mergeStretches(merge, file, group, writer);
    writer.endSegment();
  }
  return Math.ceil(count / fanIn);
}

/** The stretches of segments [from, to), partition by partition, each in segment order. */
function byPartition(stretches: readonly Stretch[], from: number, to: number): readonly Stretch[][] {
  const groups = new Map<number, Stretch[]>();
  for (const stretch of stretches) {
    if (stretch.segment < from || stretch.segment >= to) continue;
    const group = groups.get(stretch.partition);
    if (group === undefined) groups.set(stretch.partition, [stretch]);
    else group.push(stretch);
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, group]) => group);
}

function mergeStretches(merge: SegmentMerge, run: RunFile, group: readonly Stretch[], writer: RunWriter): void {
  const { memory } = merge.job;
  const { from, to } = merge.region;
  const cursors = group.map((start, i) => {
    const buffer = { from: from + i * cursorBytes, to: from + (i + 1) * cursorBytes };
    return new RunCursor({ run, memory, buffer, start, ordered: merge.ordered });
  });
  const large = { from: from + cursors.length * cursorBytes, to };
  const bulk = new BulkMerge({ memory, cursors, sides: cursors.map(() => 0), buffers: from, ordered: [merge.ordered], keys: null });
  copyRecords(bulk, writer, { partition: group[0]?.partition ?? 0, large, progress: merge.progress });
}
