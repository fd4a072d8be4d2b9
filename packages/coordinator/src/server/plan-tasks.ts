// The plan of a job: which bytes each task of a first stage reads, and how many tasks the other stages have. A pure function of
// the graph and of what its inputs were found to hold; inline runs and `explain` use it too, as output bytes hang on the counts.

import { createHash } from 'node:crypto';
import { limits, UsageError } from '@sheaf/protocol';
import {
  canonical,
  countSplits,
  type Input,
  type ItemSplits,
  type ListedFile,
  partitionCount,
  type StageGraph,
  type StageId,
  sourcesOf,
  type TaskPlan,
} from '@sheaf/protocol/graph';
import { type ListedInput, listFiles, planSplits, totalBytes } from '@sheaf/storage';

/** The materialised items of an input: how many, and the file that holds them. */
export interface ItemsSpool {
  readonly items: number;
  readonly file: ListedFile;
}

/** What one input of a stage was found to hold. */
export interface Source {
  readonly listed: ListedInput;
  /** What the pieces of its splits index; of items it is the one spool, and pieces count items. */
  readonly files: readonly ListedFile[];
}

export type Sources = ReadonlyMap<StageId, readonly Source[]>;

export interface ListingOptions {
  /** Relative paths of the job are relative to this folder. */
  readonly cwd: string;
  /** The spool of input `input` of stage `stage`; throws UsageError when there is none. */
  readonly spoolOf: (stage: StageId, input: number) => ItemsSpool;
}

/** Lists the inputs of every stage that reads some. Throws UsageError for an input that matches nothing. */
export async function listSources(graph: StageGraph, options: ListingOptions): Promise<Sources> {
  const sources = new Map<StageId, Source[]>();
  let files = 0;
  for (const [stage, { tasks }] of graph.stages.entries()) {
    if (tasks.type !== 'splits') continue;
    const ofStage: Source[] = [];
    for (const [index, input] of tasks.inputs.entries()) {
      const source = await listInput(input, options, () => options.spoolOf(stage, index));
      files += source.files.length;
      if (files > limits.filesPerJobMax) throw new UsageError(`the job reads more than ${limits.filesPerJobMax} files`);
      ofStage.push(source);
    }
    sources.set(stage, ofStage);
  }
  return sources;
}

/** Splits and task counts of every stage. */
export function planTasks(graph: StageGraph, sources: Sources): TaskPlan {
  const splits: { [stage: StageId]: TaskPlan['splits'][StageId] } = {};
  const files: { [stage: StageId]: TaskPlan['files'][StageId] } = {};
  const counts: { [stage: StageId]: number | 'later' } = {};
  const read = sourcesOf(graph);
  for (const [id, { tasks }] of graph.stages.entries()) {
    if (tasks.type === 'splits') {
      const own = sources.get(id) ?? [];
      const listed = own.map(source => source.listed);
      const planned = itemSplits(listed) ?? planSplits(listed, graph.settings.splitMb);
      splits[id] = planned;
      files[id] = own.map(source => source.files);
      counts[id] = countSplits(planned);
    } else if (tasks.count.type === 'auto' && tasks.count.of === 'edges') counts[id] = 'later';
    else counts[id] = partitionCount(tasks.count, sourceBytes(read[id] ?? new Set(), sources));
  }
  return { graphHash: graphHashOf(graph), files, splits, counts };
}

/** The rule that the splits of one list of items follow; null: there is none. */
function itemSplits([listed, ...others]: readonly ListedInput[]): ItemSplits | null {
  if (listed?.type !== 'items' || listed.perTask === null || others.length > 0) return null;
  const splits = { items: listed.count, perTask: listed.perTask };
  const count = countSplits(splits);
  return count < 2 || count > limits.tasksPerStageMax ? null : splits;
}

/** sha256 of the canonical bytes: what an executor's own graph must have too. */
export function graphHashOf(graph: StageGraph): string {
  return createHash('sha256').update(canonical(graph)).digest('hex');
}

async function listInput(input: Input, { cwd }: ListingOptions, spoolOf: () => ItemsSpool): Promise<Source> {
  if (input.type === 'files') {
    const files = await listFiles(input.paths, { cwd });
    return { files, listed: { type: 'files', files, format: input.format } };
  }
  const { items, file } = spoolOf();
  return { files: [file], listed: { type: 'items', count: items, perTask: input.perTask } };
}

/** Bytes on disk of all inputs of these stages. */
function sourceBytes(stages: ReadonlySet<StageId>, sources: Sources): number {
  return totalBytes([...stages].flatMap(id => sources.get(id) ?? []).map(source => source.listed));
}
