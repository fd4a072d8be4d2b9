// Both ends of shuffle edges without a job around them: records through EdgeWriters with as little memory as a test wants, and
// out again through merge and groups, partition by partition.

import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attemptIdOf, epochOf, jobIdOf, limits } from '@sheaf/protocol';
import { cursorBytes, runWriterBytes, type Shuffle } from '@sheaf/protocol/graph';
import { TaskMemory } from '@sheaf/worker/executor';
import type { RunIds } from '../../../packages/worker/src/data/run-format.ts';
import type { LoadedJob } from '../../../packages/worker/src/executor/loaded-job.ts';
import { Progress } from '../../../packages/worker/src/executor/progress.ts';
import { EdgeWriter, type SpillCounts } from '../../../packages/worker/src/executor/shuffle/edge-writer.ts';
import { type GroupSide, Groups } from '../../../packages/worker/src/executor/shuffle/groups.ts';
import type { MergeSource } from '../../../packages/worker/src/executor/shuffle/merge-source.ts';
import { type MergeMemory, mergePasses, OpenMerge, sourcesOf } from '../../../packages/worker/src/executor/shuffle/merge-sources.ts';
import { foldingOf } from '../../../packages/worker/src/executor/steps/folds.ts';

// biome-ignore lint/suspicious/noExplicitAny: functions of any shape, as in a job.
export type AnyFunction = (...args: any[]) => any;

const memory = new TaskMemory(32);
export const testJobId = jobIdOf(1_700_000_000_000, 'test');
export const testAttempt = attemptIdOf(epochOf(1), 1);

/** A job of functions alone: what the data path looks at. */
export function jobOfFunctions(functions: readonly AnyFunction[]): LoadedJob {
  return { name: 'test', graph: null as never, functions, params: undefined, memory, spools: {}, bundlePath: '' };
}

export interface ShuffleSide {
  readonly shuffle: Shuffle;
  /** The records of each map task. */
  readonly tasks: readonly (readonly unknown[])[];
}

export interface ShuffleRun {
  readonly sides: readonly ShuffleSide[];
  readonly functions?: readonly AnyFunction[];
  readonly partitions: number;
  /** Of an edge's region in the fixed memory. */
  readonly regionBytes: number;
  readonly fanIn: number;
  /** A record over this is refused. */
  readonly recordBytesMax?: number;
  /** Values of one key may lie together. */
  readonly readInGroups?: boolean;
}

export interface Group {
  readonly key: unknown;
  readonly values: { readonly side: number; readonly value: unknown }[];
}

export interface Shuffled {
  /** By partition. */
  readonly groups: readonly (readonly Group[])[];
  /** Of the writers, by side and task. */
  readonly counts: readonly (readonly SpillCounts[])[];
}

/** Runs the tasks of all sides, then the reader of each partition. */
export function shuffled(run: ShuffleRun): Shuffled {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-shuffle-'));
  try {
    const counts: SpillCounts[][] = [];
    const outputs = run.sides.map((side, edge) => {
      const written = side.tasks.map((records, task) => writeRun(run, { folder, edge, task, records, shuffle: side.shuffle }));
      counts.push(written.map(one => one.counts));
      return written;
    });
    const groups = Array.from({ length: run.partitions }, (_, partition) => {
      const sources = outputs.flatMap((written, side) =>
        written.flatMap(({ path, ids }) => sourcesOf(path, ids, { side, from: partition, to: partition + 1, splitters: null })),
      );
      return readGroups(run, sources, folder);
    });
    return { groups, counts };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface TaskOfEdge {
  readonly folder: string;
  readonly edge: number;
  readonly task: number;
  readonly records: readonly unknown[];
  readonly shuffle: Shuffle;
}

/** What one map task writes on one edge. */
export function writeRun(run: ShuffleRun, of: TaskOfEdge): { path: string; ids: RunIds; counts: SpillCounts } {
  const { folder, edge, task, records, shuffle } = of;
  const ids: RunIds = { job: testJobId, stage: 0, task, attempt: testAttempt, edge };
  memory.reset();
  const path = join(folder, `${edge}-${task}.run`);
  const writer = new EdgeWriter({
    job: jobOfFunctions(run.functions ?? []),
    edge: { type: 'shuffle', from: 0, to: 1, shuffle },
    ids,
    partitions: run.partitions,
    // Runs of both kinds are merged with each other.
    codec: task % 2 === 1 ? 'lz4' : 'raw',
    region: memory.reserve(run.regionBytes),
    blocks: memory.reserve(runWriterBytes),
    path,
    recordBytesMax: run.recordBytesMax ?? 4 * 1_048_576,
    readInGroups: run.readInGroups ?? false,
    progress: new Progress(() => {}),
    tooLarge: () => {
      throw new Error('too large');
    },
  });
  try {
    for (const record of records) writer.add(record);
    writer.finish();
  } catch (error) {
    writer.abandon();
    throw error;
  }
  return { path, ids, counts: writer.counts };
}

/** The memory of a merge, cut anew. */
export function mergeMemory(folder: string, fanIn: number, ordered: readonly boolean[]): MergeMemory {
  memory.reset();
  const directory = join(folder, 'merge');
  mkdirSync(directory, { recursive: true });
  return {
    ...{ memory, fanIn, directory, ordered, progress: new Progress(() => {}) },
    cursors: memory.reserve(fanIn * cursorBytes),
    large: memory.reserve(4 * 1_048_576),
    key: memory.reserve(2 * limits.keyBytesMax),
    blocks: memory.reserve(runWriterBytes),
  };
}

function readGroups(run: ShuffleRun, sources: readonly MergeSource[], folder: string): Group[] {
  const ordered = run.sides.map(({ shuffle }) => shuffle.key.length > shuffle.group);
  const merge = mergeMemory(folder, run.fanIn, ordered);
  const left = mergePasses(sources, merge, { job: testJobId, stage: 1, task: 0, attempt: testAttempt });
  if (left.length === 0) return [];
  const open = new OpenMerge(left, merge);
  const list: Group[] = [];
  try {
    const groups = new Groups(open, merge, { key: merge.key, sides: run.sides.map(side => sideOf(side, run.functions ?? [])) });
    while (groups.nextGroup()) {
      const group: Group = { key: groups.key(), values: [] };
      while (groups.nextValue()) group.values.push({ side: groups.side, value: groups.value });
      list.push(group);
    }
  } finally {
    open.close();
  }
  const files = readdirSync(merge.directory);
  if (files.length > 0) throw new Error(`merge passes left ${files.join()}`);
  return list;
}

function sideOf({ shuffle }: ShuffleSide, functions: readonly AnyFunction[]): GroupSide {
  return {
    folding: shuffle.combine === null ? null : foldingOf(shuffle.combine, jobOfFunctions(functions), true),
    finishes: false,
    keyOnly: shuffle.value.type === 'none',
    descending: shuffle.key.map(part => part.desc),
    group: shuffle.group,
  };
}
