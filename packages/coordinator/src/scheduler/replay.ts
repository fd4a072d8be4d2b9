// Recovery: the journal's records, in order, into an empty state. Each has the effect it had in the step that wrote it, without
// the workers of that time: outputs are nowhere until the workers come back and say that they have them.

import { type JobId, limits } from '@sheaf/protocol';
import { assert, found } from './assert.ts';
import { keepEnded } from './ended.ts';
import { createJob, stageAt } from './job-runs.ts';
import { applyCount } from './late-counts.ts';
import { changedEdges, enterCommitted, outdateReaders, recordCommit, uncommit } from './outputs.ts';
import type { JournalRecord } from './records.ts';
import { forgetReleased } from './release.ts';
import { noteSkipped } from './skip-limits.ts';
import type { JobRun, SchedulerState } from './state.ts';
import { StoryRing } from './story-ring.ts';
import { nowhere } from './task-table.ts';
import { moveJob, type TaskRef, tableOf } from './transitions.ts';
import { beginTurn, type Turn, tell } from './turn.ts';

type RecordOf<Type extends JournalRecord['type']> = Extract<JournalRecord, { readonly type: Type }>;

/** Changes `state` as the step that wrote the record did. Throws when the record does not fit: the journal is not whole. */
export function replay(state: SchedulerState, record: JournalRecord): void {
  assert(state.sessions.size === 0, 'the journal is replayed before workers come');
  const turn = beginTurn(state, state.now, 'read from the journal');
  (replayers[record.type] as (turn: Turn, record: JournalRecord) => void)(turn, record);
}

const replayers: { readonly [Type in JournalRecord['type']]: (turn: Turn, record: RecordOf<Type>) => void } = {
  'job-accepted': (turn, { job: facts, generation }) => {
    const job = createJob(facts, generation);
    turn.state.jobs.set(job.id, job);
    tell(turn, { job }, 'accepted');
  },
  'task-committed': (turn, record) => {
    const ref = refOf(turn, record);
    const changed = changedEdges(ref.stage, ref.task, record.outputs);
    if (changed.length > 0) outdateReaders(ref.job, ref.stage, changed);
    recordCommit(ref, record);
    if (record.firstSkipped !== undefined) noteSkipped(ref.job, record, record.firstSkipped);
    enterCommitted(turn, ref, nowhere);
    begun(turn, ref.job, record.at);
    tell(turn, { ...ref, id: record.attempt }, 'succeeded');
  },
  'task-uncommitted': (turn, record) => {
    uncommit(turn, refOf(turn, record), record.outdated);
  },
  'task-adopted': (turn, record) => {
    const ref = refOf(turn, record);
    enterCommitted(turn, ref, nowhere);
    tell(turn, { ...ref, id: found(tableOf(ref.stage).winner(ref.task), 'attempt') }, 'adopted');
  },
  'stage-counted': (turn, record) => {
    const job = jobOf(turn, record.job);
    applyCount(job, stageAt(job, record.stage), { count: record.count, starts: record.starts ?? null });
  },
  'stage-sized': (turn, record) => {
    stageAt(jobOf(turn, record.job), record.stage).sized = [...record.bytes];
  },
  'stage-released': (turn, record) => {
    const job = jobOf(turn, record.job);
    forgetReleased(turn, job, stageAt(job, record.stage));
  },
  'stage-spanned': (turn, { job: id, stage, startedAt, endedAt }) => {
    const job = jobOf(turn, id);
    tableOf(stageAt(job, stage)).measures.setSpan(startedAt, endedAt);
  },
  'commit-started': (turn, record) => moveJob(turn, jobOf(turn, record.job), 'committing'),
  'abort-started': (turn, { job: id, outcome, failure }) => {
    const job = jobOf(turn, id);
    moveJob(turn, job, 'aborting');
    job.abort = { outcome, failure };
  },
  'job-ended': (turn, { job, status, outline }) => {
    const story = turn.state.jobs.get(job)?.story ?? new StoryRing();
    turn.state.jobs.delete(job);
    keepEnded(turn.state, { status, outline, story });
  },
};

function begun(turn: Turn, job: JobRun, at: number): void {
  if (job.phase === 'queued') moveJob(turn, job, 'running');
  job.startedAt ??= at;
}

function jobOf(turn: Turn, id: JobId): JobRun {
  return found(turn.state.jobs.get(id), `job ${id} in the journal`);
}

function refOf(turn: Turn, { job: id, stage, task }: { readonly job: JobId; readonly stage: number; readonly task: number }): TaskRef {
  const job = jobOf(turn, id);
  assert(task < limits.tasksPerStageMax, 'a task of the stage');
  return { job, stage: stageAt(job, stage), task };
}
