// The shortest journal that gives the same durable state: what a snapshot is made of.

import { found } from './assert.ts';
import { counterNames } from './counter-table.ts';
import type { JobFacts } from './events.ts';
import type { JournalRecord } from './records.ts';
import type { JobRun, SchedulerState, StageRun } from './state.ts';
import { taskState } from './transitions.ts';

/** Records that, replayed into an empty state, give this one again: the journal up to now may be replaced by them. */
export function* recordsOf(state: SchedulerState): Generator<JournalRecord> {
  for (const [job, { status, outline }] of state.ended)
    yield { type: 'job-ended', job, status, ...(outline === undefined ? {} : { outline }) };
  for (const job of state.jobs.values()) yield* recordsOfJob(job);
}

/** How many records `recordsOf` gives, or a few more, without making them. */
export function countRecords(state: SchedulerState): number {
  let count = state.ended.size;
  for (const { stages } of state.jobs.values()) {
    count += 2;
    // A task that ran and does not count now has two, and so may each that had trouble.
    for (const stage of stages) count += 4 + stage.committed + 2 * stage.troubles.size;
  }
  return count;
}

function* recordsOfJob(job: JobRun): Generator<JournalRecord> {
  yield { type: 'job-accepted', job: factsOf(job), generation: job.generation };
  const names = [...job.countedNames.keys()];
  // Lower stages come first, so a stage that was counted late is counted when what it reads has been said.
  for (const stage of job.stages) {
    const named = { job: job.id, stage: stage.id };
    if (stage.sized?.some(bytes => bytes > 0)) yield { type: 'stage-sized', ...named, bytes: [...stage.sized] };
    if (stage.table === null) continue;
    if (isCountedLate(stage))
      yield { type: 'stage-counted', ...named, count: stage.table.count, ...(stage.starts === null ? {} : { starts: stage.starts }) };
    for (let task = 0; task < stage.table.count; task++) yield* recordsOfTask(job, { stage, task, names });
    if (stage.released) yield { type: 'stage-released', job: job.id, stage: stage.id };
    const { span } = stage.table.measures;
    if (span !== null) yield { type: 'stage-spanned', job: job.id, stage: stage.id, ...span };
  }
  const at = job.startedAt ?? job.facts.submittedAt;
  if (job.phase === 'committing') yield { type: 'commit-started', job: job.id, at };
  if (job.phase === 'aborting') yield { type: 'abort-started', job: job.id, at, ...found(job.abort, 'abort of the job') };
}

interface Snapped {
  readonly stage: StageRun;
  readonly task: number;
  readonly names: readonly string[];
}

function* recordsOfTask(job: JobRun, { stage, task, names }: Snapped): Generator<JournalRecord> {
  const table = found(stage.table, 'table');
  const attempt = table.winner(task);
  if (attempt === null) return;
  const row = table.counters.get(task);
  const counted: { [name: string]: number } = {};
  for (let i = counterNames.length; i < row.length; i += 2) counted[found(names[row[i] ?? -1], 'counter')] = row[i + 1] ?? 0;
  const named = { job: job.id, stage: stage.id, task };
  yield {
    ...named,
    type: 'task-committed',
    at: job.startedAt ?? job.facts.submittedAt,
    attempt,
    outputs: table.outputs(task),
    parts: table.parts.get(task) ?? [],
    counters: row.slice(0, counterNames.length),
    counted,
    took: table.measures.took(task),
    ...(isFirstSkipped(job, stage, task) ? { firstSkipped: found(job.firstSkipped, 'bad record').failure } : {}),
  };
  if (taskState(stage, task) !== 'committed') yield { ...named, type: 'task-uncommitted', outdated: stage.outdated.has(task) };
}

function isFirstSkipped({ firstSkipped }: JobRun, { id }: StageRun, task: number): boolean {
  return firstSkipped?.stage === id && firstSkipped.task === task;
}

function isCountedLate({ planned, starts }: StageRun): boolean {
  return planned === 'later' || starts !== null;
}

/** The facts as they were submitted, the plan put together again from the tables. */
function factsOf(job: JobRun): JobFacts {
  const files: { [stage: number]: JobFacts['plan']['files'][number] } = {};
  const splits: { [stage: number]: JobFacts['plan']['splits'][number] } = {};
  const counts: { [stage: number]: number | 'later' } = {};
  for (const stage of job.stages) {
    counts[stage.id] = stage.planned;
    const table = stage.splits;
    if (table === null) continue;
    files[stage.id] = table.files;
    splits[stage.id] = table.planned;
  }
  return { ...job.facts, plan: { graphHash: job.graphHash, files, splits, counts } };
}
