// One step in progress: the event's time and cause, and the commands so far.

import type { AttemptId, SessionId } from '@sheaf/protocol';
import type { JobNote } from '@sheaf/protocol/messages';
import { found } from './assert.ts';
import type { SchedulerCommand, WorkerOrder } from './commands.ts';
import type { JournalRecord } from './records.ts';
import type { JobRun, SchedulerState, StageRun, WorkerRun } from './state.ts';

export interface Turn {
  readonly state: SchedulerState;
  readonly at: number;
  readonly cause: string;
  readonly commands: SchedulerCommand[];
  /** Jobs of which something changed: they are settled at the end of the step. */
  readonly touched: Set<JobRun>;
  /** Stages whose outputs came to be or moved while others may be reading them. */
  readonly moved: Map<StageRun, JobRun>;
  /** Workers that were given up. */
  readonly lost: Set<WorkerRun>;
  /** Workers of which an attempt began or ended: there is room for others to wait. */
  readonly changed: Set<WorkerRun>;
}

export function beginTurn(state: SchedulerState, at: number, cause: string): Turn {
  return { state, at, cause, commands: [], touched: new Set(), moved: new Map(), lost: new Set(), changed: new Set() };
}

/** The record is durable before anything that is commanded after it. Neighbours share one command. */
export function journal(turn: Turn, record: JournalRecord): void {
  const last = turn.commands.at(-1);
  if (last?.type === 'journal') (last.records as JournalRecord[]).push(record);
  else turn.commands.push({ type: 'journal', records: [record] });
}

export function send(turn: Turn, worker: WorkerRun, message: WorkerOrder): void {
  turn.commands.push({ type: 'send', session: found(worker.session, `session of ${worker.id}`), message });
}

/** Closes an attempt at whoever speaks of it, known or not. */
export function cancelAt(turn: Turn, session: SessionId, attempt: AttemptId, reason: string): void {
  turn.commands.push({ type: 'send', session, message: { type: 'cancel-attempt', attempt, reason } });
}

export function note(turn: Turn, job: JobRun, said: Omit<JobNote, 'at'>): void {
  turn.commands.push({ type: 'note-job', job: job.id, note: { at: turn.at, ...said } });
}

export interface Told {
  readonly job: JobRun;
  readonly stage?: StageRun;
  readonly task?: number;
  readonly id?: AttemptId;
}

/** Adds to the story of a job, or of one of its tasks. */
export function tell(turn: Turn, { job, stage, task, id }: Told, what: string): void {
  job.story.add({ at: turn.at, stage: stage?.id ?? null, task: task ?? null, attempt: id ?? null, what, cause: turn.cause });
}
