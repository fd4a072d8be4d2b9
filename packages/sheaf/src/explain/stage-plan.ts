// The sizes that `explain` shows: files, splits and task counts of each stage, from the plan that a coordinator would make.

import { listSources, planTasks } from '@sheaf/coordinator/planning';
import { type Format, isItemSplits, type ListedFile, type Splits, type Stage, type TaskPlan } from '@sheaf/protocol/graph';
import { writeItemSpools } from '../submit/item-spools.ts';
import type { PlannedJob } from '../submit/submission.ts';

export interface StagePlan {
  readonly stage: string;
  /** null: known only when the stages before it have run. */
  readonly tasks: number | null;
  readonly inputs: readonly InputPlan[];
  /** Bytes of the smallest and the largest split; null for stages that read no files. */
  readonly splitBytes: { readonly min: number; readonly max: number } | null;
}

export interface InputPlan {
  /** As the job names them; none for items. */
  readonly paths: readonly string[];
  readonly files: number;
  readonly bytes: number;
  /** How many of the files are gz. */
  readonly packed: number;
  /** The largest file that one task reads whole, and why; null when every file may be cut. */
  readonly uncut: { readonly why: 'gz' | 'csv' | 'file'; readonly bytes: number } | null;
}

/** Plans every stage; items are written to `directory` to be counted. Throws UsageError for an input that matches nothing. */
export async function planStages(
  job: PlannedJob,
  { cwd, directory }: { readonly cwd: string; readonly directory: string },
): Promise<StagePlan[]> {
  const spools = await writeItemSpools(job, directory);
  const sources = await listSources(job.graph, {
    cwd,
    spoolOf: (stage, input) => {
      const spool = spools.find(({ name }) => name === `${stage}.${input}`);
      if (spool === undefined) throw new Error(`no spool was written for input ${stage}.${input}`);
      return { items: spool.items, file: { path: spool.path, size: spool.bytes, modifiedMs: 0, packed: null } };
    },
  });
  const plan = planTasks(job.graph, sources);
  return job.graph.stages.map((stage, id) => stagePlan(stage, id, plan));
}

function stagePlan(stage: Stage, id: number, plan: TaskPlan): StagePlan {
  const count = plan.counts[id] ?? 'later';
  const tasks = count === 'later' ? null : count;
  if (stage.tasks.type === 'partitions') return { stage: stage.name, tasks, inputs: [], splitBytes: null };
  const inputs = stage.tasks.inputs.map((input, at): InputPlan => {
    if (input.type === 'items') return { paths: [], files: 0, bytes: 0, packed: 0, uncut: null };
    const files = plan.files[id]?.[at] ?? [];
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    const packed = files.filter(file => file.packed !== null).length;
    return { paths: input.paths, files: files.length, bytes, packed, uncut: largestUncut(files, input.format) };
  });
  const ofFiles = stage.tasks.inputs.every(input => input.type === 'files');
  return { stage: stage.name, tasks, inputs, splitBytes: ofFiles ? splitSizes(plan.splits[id] ?? []) : null };
}

function largestUncut(files: readonly ListedFile[], format: Format): InputPlan['uncut'] {
  let largest: InputPlan['uncut'] = null;
  for (const { size, packed } of files) {
    const isWholeCsv = format.type === 'csv' && format.multiline && format.scanned !== true;
    const why = packed !== null ? 'gz' : isWholeCsv ? 'csv' : format.type === 'file' ? 'file' : null;
    if (why !== null && size > (largest?.bytes ?? -1)) largest = { why, bytes: size };
  }
  return largest;
}

/** Those of files. */
function splitSizes(splits: Splits): { readonly min: number; readonly max: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (const { pieces } of isItemSplits(splits) ? [] : splits) {
    const size = pieces.reduce((sum, piece) => sum + piece.to - piece.from, 0);
    min = Math.min(min, size);
    max = Math.max(max, size);
  }
  return { min, max };
}
