// Which map outputs a task merges: for each edge of its `receive` step, the partitions or the key range that its assignment
// names, out of the run files that the worker has brought here.

import { type EdgeId, runOf, type Step, type StepId, sidesOf } from '@sheaf/protocol/graph';
import type { ReadAhead } from '../../data/read-ahead.ts';
import type { RunIds } from '../../data/run-format.ts';
import type { LoadedJob } from '../loaded-job.ts';
import { type LocalOutput, outputsIn } from '../local-outputs.ts';
import type { ExecutorTask } from '../messages.ts';
import type { MergeSource } from './merge-source.ts';
import { openSourcesOf, sourcesOf } from './merge-sources.ts';

/** The ids that a map output's run file must bear. */
export function runIdsOf(job: LoadedJob, task: ExecutorTask, edge: EdgeId, output: LocalOutput): RunIds {
  const { from } = job.graph.edges[edge] as { readonly from: number };
  return { job: task.assignment.job, stage: from, task: output.task, attempt: output.attempt, edge: runOf(job.graph, edge) };
}

/**
 * All sources of a `receive`, in the order that decides ties: side, map task, segment. Each is looked for when it is asked for;
 * through `files` where they are read in this order and each once.
 */
export function* taskSources(
  job: LoadedJob,
  task: ExecutorTask,
  receive: Extract<Step, { readonly type: 'receive' }>,
  { lists, files }: { readonly lists: ReadonlyMap<StepId, readonly unknown[]>; readonly files: ReadAhead | null },
): Generator<MergeSource> {
  const stage = job.graph.stages[task.assignment.stage];
  const sides = sidesOf(receive);
  for (const [at, edge] of receive.edges.entries()) {
    const side = sides[at] as number;
    const reads = task.assignment.reads[edge];
    const definition = job.graph.edges[edge];
    if (reads === undefined || definition?.type !== 'shuffle') throw new Error(`edge ${edge}: the assignment names no partitions`);
    const { partitioner } = definition.shuffle;
    let splitters: readonly Uint8Array[] | null = null;
    if (partitioner.type === 'range') {
      const load = stage?.steps.findIndex(step => step.type === 'load' && step.edge === partitioner.splitters) ?? -1;
      splitters = lists.get(load) as readonly Uint8Array[];
    }
    const wanted = { side, from: reads.from, to: reads.to, splitters };
    for (const output of outputsIn(task.sources[edge])) {
      const ids = runIdsOf(job, task, edge, output);
      yield* files === null ? sourcesOf(output, ids, wanted) : openSourcesOf(files, output, ids, wanted);
    }
  }
}
