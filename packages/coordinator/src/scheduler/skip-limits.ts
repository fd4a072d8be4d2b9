// Whether a job has skipped more records than its `onError` allows. Counted over committed tasks in the order of the input, never
// in the order in which tasks happen to end: the verdict and its words are the same on every cluster, and inline.
//   maxCount   as soon as the tasks at the front of the input, all of them committed, are over it
//   maxRatio   when everything has been read

import type { Failure } from '@sheaf/protocol';
import type { StageGraph } from '@sheaf/protocol/graph';
import type { JobStatus } from '@sheaf/protocol/messages';
import { found } from './assert.ts';
import { counterNames } from './counter-table.ts';
import { isDone } from './job-runs.ts';
import type { JobRun, StageRun } from './state.ts';
import { tableOf, taskState } from './transitions.ts';

type Rule = NonNullable<StageGraph['onError']>;

/** Sums over tasks that read. */
export interface SkipSums {
  readonly skipped: number;
  readonly records: number;
}

/** What the job fails with, having skipped so many; null: it may go on. `readAll`: no record is left to be read. */
export function tooManySkipped(rule: Rule, sums: SkipSums, { readAll, first }: { readAll: boolean; first: Failure }): Failure | null {
  const { skipped, records } = sums;
  const read = readAll ? `${records} records` : `the first ${records} records`;
  let allowed: string | null = null;
  if (rule.maxCount !== null && skipped > rule.maxCount) allowed = `onError.skip.maxCount allows ${rule.maxCount}`;
  else if (readAll && rule.maxRatio !== null && skipped / records > rule.maxRatio)
    allowed = `onError.skip.maxRatio allows ${rule.maxRatio} of them`;
  if (allowed === null) return null;
  const { message: why, record, stack } = first;
  const message = `${skipped} of ${read} are bad, and ${allowed}. The first: ${why}`;
  return { code: 'E_TOO_MANY_SKIPPED', message, ...(record === undefined ? {} : { record }), ...(stack === undefined ? {} : { stack }) };
}

/** Remembers the first record, in the order of the input, that a committed task has skipped. False: an earlier one is known. */
export function noteSkipped(job: JobRun, { stage, task }: { readonly stage: number; readonly task: number }, failure: Failure): boolean {
  const known = job.firstSkipped;
  if (known !== null && (known.stage < stage || (known.stage === stage && known.task <= task))) return false;
  job.firstSkipped = { stage, task, failure };
  return true;
}

/** What a job must fail with now; null: nothing. */
export function overSkipLimits(job: JobRun): Failure | null {
  const { onError } = job.graph;
  if (onError === null || job.firstSkipped === null) return null;
  const first = job.firstSkipped.failure;
  const { front } = job;
  for (; front.stage < job.stages.length; front.stage++, front.task = 0) {
    const stage = job.stages[front.stage] as StageRun;
    if (stage.splits === null) continue;
    const table = tableOf(stage);
    for (; front.task < table.count; front.task++) {
      if (taskState(stage, front.task) !== 'committed') return null;
      const row = table.counters.get(front.task);
      front.skipped += row[skippedAt] ?? 0;
      front.records += row[recordsAt] ?? 0;
      const failure = tooManySkipped(onError, front, { readAll: false, first });
      if (failure !== null) return failure;
    }
  }
  const readers = job.stages.filter(stage => stage.splits !== null);
  return readers.every(isDone) ? tooManySkipped(onError, sumsOf(readers), { readAll: true, first }) : null;
}

/** Records that committed tasks have skipped. */
export function skippedOf(job: JobRun): number {
  return sumsOf(job.stages).skipped;
}

const skippedAt = counterNames.indexOf('skippedRecords');
const recordsAt = counterNames.indexOf('recordsIn');

function sumsOf(stages: readonly StageRun[]): SkipSums {
  const sum = (at: number): number => stages.reduce((total, { counters }) => total + (counters[at] ?? 0), 0);
  return { skipped: sum(skippedAt), records: sum(recordsAt) };
}

/** The output folders as a status shows them: that of the dead letters is told with their number, apart from the others. */
export function shownOutputs({ onError }: StageGraph, folders: readonly string[], skipped: number): Pick<JobStatus, 'output' | 'skipped'> {
  if (onError === null) return { output: folders };
  const deadLetters = found(folders[onError.deadLetter], 'folder of the dead letters');
  return { output: folders.filter(folder => folder !== deadLetters), skipped: { records: skipped, deadLetters } };
}
