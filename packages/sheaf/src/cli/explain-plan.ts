// The sizes that `explain` shows: files, splits and task counts of each stage, planned as the coordinator would.

import type { AnyFunction } from '@sheaf/job/open';
import type { Input, Stage, StageGraph } from '@sheaf/protocol/graph';
import { type ListedInput, listFiles, partitionCount, planSplits, totalBytes } from '@sheaf/storage';
import type { PlannedJob } from '../submit/submission.ts';

export interface StagePlan {
  readonly stage: string;
  /** null: known only when the stages before it have run. */
  readonly tasks: number | null;
  readonly inputs: readonly {
    readonly paths: readonly string[];
    readonly files: number;
    readonly bytes: number;
    readonly packed: number;
  }[];
  /** Bytes of the smallest and the largest split; null for stages that read no files. */
  readonly splitBytes: { readonly min: number; readonly max: number } | null;
}

/** Plans every stage. Throws UsageError for an input that matches nothing. */
export async function planExplained({ graph, functions }: PlannedJob, cwd: string): Promise<StagePlan[]> {
  const listed = new Map<Stage, ListedInput[]>();
  for (const stage of graph.stages) {
    if (stage.tasks.type === 'splits')
      listed.set(stage, await Promise.all(stage.tasks.inputs.map(input => listInput(input, functions, cwd))));
  }
  const sourceBytes = totalBytes([...listed.values()].flat());
  return graph.stages.map(stage => planStage(stage, graph, { listed: listed.get(stage) ?? [], sourceBytes }));
}

function planStage(
  stage: Stage,
  { settings }: StageGraph,
  { listed, sourceBytes }: { readonly listed: readonly ListedInput[]; readonly sourceBytes: number },
): StagePlan {
  const { tasks } = stage;
  if (tasks.type === 'partitions') {
    const late = tasks.count.type === 'auto' && tasks.count.of === 'edges';
    return { stage: stage.name, tasks: late ? null : partitionCount(tasks.count, sourceBytes), inputs: [], splitBytes: null };
  }
  const splits = planSplits(listed, settings.splitMb);
  const sizes = splits.map(split => split.pieces.reduce((sum, piece) => sum + piece.to - piece.from, 0));
  const inputs = tasks.inputs.map((input, at) => {
    const of = listed[at];
    const files = of?.type === 'files' ? of.files : [];
    const paths = input.type === 'files' ? input.paths : [];
    return {
      paths,
      files: files.length,
      bytes: of === undefined ? 0 : totalBytes([of]),
      packed: files.filter(file => file.packed !== null).length,
    };
  });
  const ofFiles = listed.every(input => input.type === 'files');
  return {
    stage: stage.name,
    tasks: splits.length,
    inputs,
    splitBytes: ofFiles ? { min: Math.min(...sizes), max: Math.max(...sizes) } : null,
  };
}

async function listInput(input: Input, functions: readonly AnyFunction[], cwd: string): Promise<ListedInput> {
  if (input.type === 'files') return { type: 'files', files: await listFiles(input.paths, { cwd }), format: input.format };
  const items = functions[input.items.index];
  if (items === undefined) throw new Error(`the graph names function ${input.items.index}, which the job has not`);
  let count = 0;
  for await (const _ of items() as AsyncIterable<unknown>) count += 1;
  return { type: 'items', count, perTask: input.perTask };
}
