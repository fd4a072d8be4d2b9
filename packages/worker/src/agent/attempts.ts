// The life of an attempt up to its end: assigned, localised, run, accepted, and the deadlines on the way.
// A result is kept until the coordinator has accepted it; map outputs are kept after that, until
// they are released or their job closes.

import { type AttemptId, compareAttempts, type EdgeId, type Failure, limits, type RecordPlace } from '@sheaf/protocol';
import type { CoordinatorMessage, TaskAssignment, TaskResult } from '@sheaf/protocol/messages';
import type { AgentCommand } from './commands.ts';
import {
  attemptsOf,
  discard,
  executorOf,
  failAttempt,
  forgetFiles,
  hasInput,
  hasOutputs,
  killExecutor,
  lastSeenIn,
  report,
} from './endings.ts';
import { leaveLine, noteDuration } from './lines.ts';
import { LocationTable } from './location-table.ts';
import { note } from './sending.ts';
import { type AgentState, type Attempt, createAttempt, type Job, type Turn } from './state.ts';
import { moveAttempt } from './transitions.ts';

/** The coordinator wants this attempt to run here. */
export function assign(turn: Turn, assignment: TaskAssignment): void {
  const { state } = turn;
  if (state.attempts.has(assignment.attempt)) {
    note(turn, 'warn', `attempt ${assignment.attempt} was assigned twice`);
    return;
  }
  const job = state.jobs.get(assignment.job);
  // There may be a million attempts, each with a text of its own that says the same.
  const attempt = createAttempt(job === undefined ? assignment : { ...assignment, job: job.id }, turn.at);
  state.attempts.set(attempt.id, attempt);
  state.pending.add(attempt);
  const isOpened = job !== undefined && job.state !== 'remembered' && (job.state !== 'closing' || job.reopening !== null);
  if (state.draining) failAttempt(turn, attempt, drainedFailure());
  else if (!isOpened) failAttempt(turn, attempt, { code: 'E_INTERNAL', message: `job ${attempt.job} is not open on this worker` });
}

/** Moves queued attempts on, in order of assignment, as far as their jobs, their locations and the limits allow. */
export function admit(turn: Turn): void {
  const { state } = turn;
  let room = state.config.slots + limits.prefetchTasksMax;
  for (const attempt of state.pending) {
    if (attempt.state === 'running' || ((attempt.state === 'localising' || attempt.state === 'ready') && hasInput(attempt))) room--;
  }
  for (const attempt of state.pending) {
    if (attempt.state !== 'queued') continue;
    const job = jobOf(turn, attempt);
    if (job.state !== 'open') continue;
    if (!hasInput(attempt)) {
      moveAttempt(turn, attempt, 'ready');
      continue;
    }
    if (room <= 0 || !isLocated(job, attempt)) continue;
    room--;
    moveAttempt(turn, attempt, 'localising');
    const outputs = locatedInput(job, attempt);
    turn.commands.push({ type: 'localise', job: job.id, attempt: attempt.id, outputs, reads: readsOf(attempt) });
  }
}

/** All its input is on this machine. */
export function localised(turn: Turn, id: AttemptId): void {
  const attempt = turn.state.attempts.get(id);
  if (attempt?.state === 'localising') moveAttempt(turn, attempt, 'ready');
}

/** Some of its input cannot be had. When that output has been replaced meanwhile, the attempt asks again with what is known now. */
export function localisingFailed(turn: Turn, id: AttemptId, failure: Failure): void {
  const attempt = turn.state.attempts.get(id);
  if (attempt?.state !== 'localising') return;
  if (failure.lost !== undefined && !isStillLocated(turn, attempt, failure.lost)) moveAttempt(turn, attempt, 'queued');
  else failAttempt(turn, attempt, failure);
}

/** Its executor has finished it, and is free for the next of the same job. */
export function succeeded(turn: Turn, id: AttemptId, result: TaskResult): void {
  const attempt = turn.state.attempts.get(id);
  if (attempt === undefined || attempt.executor === null) return;
  const executor = executorOf(turn, attempt);
  if (attempt.state === 'stopping' && executor.state === 'running') {
    leaveLine(turn, executor, attempt);
    forgetFiles(turn, attempt);
    moveAttempt(turn, attempt, 'gone');
  }
  if (attempt.state !== 'running') return;
  attempt.progressDue = false;
  attempt.result = result;
  attempt.hashes = Object.fromEntries(result.outputs.map(output => [output.edge, output.hash]));
  moveAttempt(turn, attempt, 'succeeded');
  leaveLine(turn, executor, attempt);
  noteDuration(jobOf(turn, attempt), attempt.stage, result.durationMs);
  report(turn, attempt);
}

/** Its executor has reported a failure. What failed in it may have left timers or promises behind, so it is not used again. */
export function failed(turn: Turn, id: AttemptId, failure: Failure): void {
  const attempt = turn.state.attempts.get(id);
  if (attempt?.state === 'running') failAttempt(turn, attempt, failure);
  else if (attempt?.state === 'stopping' && attempt.executor !== null) killExecutor(turn, executorOf(turn, attempt));
}

interface Counts {
  readonly records: number;
  readonly bytes: number;
  readonly place?: RecordPlace;
}

/** A line on the progress pipe. Only a change counts as progress; what goes backwards is dropped. */
export function progressed(turn: Turn, id: AttemptId, counts: Counts): void {
  const attempt = turn.state.attempts.get(id);
  if (attempt?.state !== 'running') return;
  const { records, place } = counts;
  attempt.lastSeen = { records, ...(place === undefined ? {} : { place }) };
  if (!(counts.records >= attempt.records && counts.bytes >= attempt.bytes)) return;
  if (counts.records === attempt.records && counts.bytes === attempt.bytes) return;
  attempt.records = counts.records;
  attempt.bytes = counts.bytes;
  attempt.progressedAt = turn.at;
  attempt.progressDue = true;
}

/** The coordinator has journalled its result. */
export function accepted(turn: Turn, id: AttemptId): void {
  const attempt = turn.state.attempts.get(id);
  if (attempt?.state === 'succeeded' && hasOutputs(attempt)) {
    attempt.result = null;
    attempt.assignment = null;
    moveAttempt(turn, attempt, 'held');
    // There may be a million of them.
    attempt.story.length = 0;
  } else if (attempt?.state === 'succeeded' || attempt?.state === 'failed') discard(turn, attempt);
}

/** The coordinator wants nothing of it any more. */
export function cancelAttempt(turn: Turn, id: AttemptId): void {
  const attempt = turn.state.attempts.get(id);
  if (attempt !== undefined) discard(turn, attempt);
}

/** Nobody needs these outputs any more: neither those made here, nor what was fetched of others. */
export function release(turn: Turn, { job, stages, upTo }: Extract<CoordinatorMessage, { readonly type: 'release' }>): void {
  for (const attempt of attemptsOf(turn, job)) {
    if (attempt.state === 'held' && stages.includes(attempt.stage) && compareAttempts(attempt.id, upTo) <= 0) discard(turn, attempt);
  }
  if (turn.state.jobs.get(job)?.state === 'open') turn.commands.push({ type: 'delete-fetched', job, stages, upTo });
}

/** Fails what has waited too long: for records to be finished, or for locations. */
export function expireAttempts(turn: Turn): void {
  for (const attempt of [...turn.state.pending]) {
    const deadline = deadlineOf(turn.state, attempt);
    if (deadline === null || turn.at < deadline) continue;
    if (attempt.state === 'running') {
      const seconds = Math.round((turn.at - attempt.progressedAt) / 1000);
      // What was finished in the second before the last report is not known here.
      const message = `no record was finished for ${seconds} s (settings.taskTimeoutMs), after ${attempt.records} records or a few more`;
      failAttempt(turn, attempt, lastSeenIn(attempt, { code: 'E_NO_PROGRESS', message }));
    } else {
      failAttempt(turn, attempt, { code: 'E_INTERNAL', message: 'the locations of the input did not arrive' });
    }
  }
}

/** When `expireAttempts` will have something to say about this attempt. */
export function deadlineOf(state: AgentState, attempt: Attempt): number | null {
  // Asked of every attempt at every event, and there may be many that wait.
  if (attempt.state !== 'running' && attempt.state !== 'queued') return null;
  const job = state.jobs.get(attempt.job);
  if (job?.settings == null) return null;
  if (attempt.state === 'running') {
    const isBegun = attempt.executor !== null && state.executors.get(attempt.executor)?.current === attempt;
    return isBegun ? attempt.progressedAt + job.settings.taskTimeoutMs : null;
  }
  if (!hasInput(attempt) || isLocated(job, attempt)) return null;
  return attempt.assignedAt + limits.locationsWaitMs;
}

export function drainedFailure(): Failure {
  return { code: 'E_DRAINED', message: 'the worker was told to stop' };
}

/** Whether a location is known of every output that the attempt reads: as many as there are producers, as each has but one. */
function isLocated(job: Job, attempt: Attempt): boolean {
  return Object.entries(attempt.assignment?.producers ?? {}).every(
    ([edge, producers]) => (job.locations.get(Number(edge))?.size ?? 0) >= producers,
  );
}

/** The newest location of every output that the attempt reads, in task order. */
function locatedInput(job: Job, attempt: Attempt): { [edge: EdgeId]: LocationTable } {
  const outputs: { [edge: EdgeId]: LocationTable } = {};
  for (const edge of Object.keys(attempt.assignment?.producers ?? {})) {
    outputs[Number(edge)] = job.locations.get(Number(edge))?.copy() ?? new LocationTable();
  }
  return outputs;
}

/** Which partitions it reads of each edge into its stage; a broadcast it reads whole. */
function readsOf({ assignment }: Attempt): Extract<AgentCommand, { type: 'localise' }>['reads'] {
  return Object.fromEntries(Object.keys(assignment?.producers ?? {}).map(edge => [edge, assignment?.reads[Number(edge)] ?? null]));
}

function isStillLocated(turn: Turn, attempt: Attempt, lost: { readonly task: number; readonly attempt: string }): boolean {
  const { locations } = jobOf(turn, attempt);
  return Object.keys(attempt.assignment?.producers ?? {}).some(
    edge => locations.get(Number(edge))?.get(lost.task)?.attempt === lost.attempt,
  );
}

function jobOf(turn: Turn, attempt: Attempt): Job {
  const job = turn.state.jobs.get(attempt.job);
  if (job === undefined) throw new Error(`attempt ${attempt.id} is ${attempt.state}, but its job ${attempt.job} is not known`);
  return job;
}
