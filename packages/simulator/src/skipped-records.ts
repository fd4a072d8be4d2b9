// Bad records in simulated jobs: how many each task that reads has, and what a job with limits must come to, worked out by walking
// the tasks once in the order of the input.

import type { JobFacts } from '@sheaf/coordinator/scheduler';
import type { Failure, JobId } from '@sheaf/protocol';
import { deadLettersOf, type OutputId, type StageGraph } from '@sheaf/protocol/graph';
import { hash32 } from './random.ts';

/** What is told of a job here. */
export interface PlannedJob {
  readonly facts: JobFacts;
  readonly graph: StageGraph;
}

/** Records that a task reads. */
export const recordsPerTask = 10;

/** Every third job skips records, and has a limit that it is over now and then: of its name alone, so that nothing else is drawn otherwise. */
export function skipLimitOf(id: JobId, tasks: number): number | null {
  const drawn = hash32(id, 11);
  return drawn % 3 === 0 ? drawn % (2 * tasks + 1) : null;
}

/** What a task skips: the same in every attempt. */
export function skippedIn(
  graph: StageGraph,
  { job, stage, task }: { readonly job: JobId; readonly stage: number; readonly task: number },
): number {
  const spec = graph.stages[stage];
  if (spec === undefined || deadLettersOf(graph, spec) === null) return 0;
  return hash32(`${job}/${stage}@${task} skips`, 3) % 3;
}

export function firstSkippedIn(stage: number, task: number): Failure {
  return { code: 'E_BAD_RECORD', message: `in ${stage}@${task}`, record: { file: '/in/file', offset: task } };
}

/** Tasks that read, in the order of the input, each with what it skips. */
export function readingTasks({
  facts,
  graph,
}: PlannedJob): readonly { readonly key: string; readonly skipped: number; readonly first: Failure }[] {
  return graph.stages.flatMap(({ tasks }, stage) => {
    const count = facts.plan.counts[stage];
    if (tasks.type !== 'splits' || typeof count !== 'number') return [];
    return Array.from({ length: count }, (_, task) => ({
      key: `${stage}:${task}`,
      skipped: skippedIn(graph, { job: facts.id, stage, task }),
      first: firstSkippedIn(stage, task),
    }));
  });
}

/** What the job is failed with for having skipped too many; null: it has not. */
export function expectedRefusal(model: PlannedJob): string | null {
  const maxCount = model.graph.onError?.maxCount ?? null;
  if (maxCount === null) return null;
  let skipped = 0;
  let records = 0;
  let first = '';
  for (const task of readingTasks(model)) {
    if (first === '' && task.skipped > 0) first = task.first.message;
    skipped += task.skipped;
    records += recordsPerTask;
    if (skipped > maxCount)
      return `${skipped} of the first ${records} records are bad, and onError.skip.maxCount allows ${maxCount}. The first: ${first}`;
  }
  return null;
}

/** The output of the dead letters. */
export function lettersOf(graph: StageGraph): OutputId | null {
  return graph.onError?.deadLetter ?? null;
}

/** What a task of the first stage of a sample skips. */
export function skippedInTask(facts: JobFacts, task: number): number {
  return skippedIn(JSON.parse(facts.opening.graph) as StageGraph, { job: facts.id, stage: 0, task });
}
