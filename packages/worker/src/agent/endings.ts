// How attempts, executors and jobs end. They end together: an attempt's folder may be deleted only when the executor it
// ran in is dead, and a job's folder only when no executor that has loaded the job is alive.

import type { Failure, JobId } from '@sheaf/protocol';
import type { AttemptName } from '@sheaf/protocol/messages';
import { send } from './sending.ts';
import type { Attempt, Executor, Job, Turn } from './state.ts';
import { moveAttempt, moveExecutor } from './transitions.ts';

/** Ends an unfinished attempt with a failure and reports it. The executor that ran it is replaced. */
export function failAttempt(turn: Turn, attempt: Attempt, failure: Failure): void {
  giveUpInput(turn, attempt);
  attempt.progressDue = false;
  attempt.failure = failure;
  if (attempt.state === 'running') {
    attempt.durationMs = turn.at - attempt.startedAt;
    killExecutor(turn, executorOf(turn, attempt));
  }
  moveAttempt(turn, attempt, 'failed');
  report(turn, attempt);
}

/** The failure of an attempt that could say nothing itself, with what is known of how far it was. */
export function lastSeenIn({ lastSeen }: Attempt, failure: Failure): Failure {
  return lastSeen === null || failure.record !== undefined ? failure : { ...failure, lastSeen };
}

/** Forgets an attempt in any state, and deletes what it made as soon as its executor is dead. */
export function discard(turn: Turn, attempt: Attempt): void {
  if (attempt.state === 'stopping') return;
  giveUpInput(turn, attempt);
  attempt.progressDue = false;
  if (attempt.state === 'running') takeFrom(turn, executorOf(turn, attempt), attempt);
  if (attempt.executor !== null) {
    moveAttempt(turn, attempt, 'stopping');
    return;
  }
  forgetFiles(turn, attempt);
  moveAttempt(turn, attempt, 'gone');
}

/** Ends the executor that is busy with the attempt; one that has it in line keeps what it runs, and need not begin it. */
function takeFrom(turn: Turn, executor: Executor, attempt: Attempt): void {
  if (executor.current === attempt) killExecutor(turn, executor);
  else withdrawLine(turn, executor);
}

/** Asks for what the executor has not begun. */
export function withdrawLine(turn: Turn, executor: Executor): void {
  if (executor.state !== 'running' || executor.isWithdrawn) return;
  executor.isWithdrawn = true;
  turn.commands.push({ type: 'withdraw-line', executor: executor.id });
}

/** Tells the coordinator of a finished attempt, if it can be told now. */
export function report(turn: Turn, attempt: Attempt): void {
  if (attempt.state === 'succeeded' && attempt.result !== null) {
    send(turn, { type: 'succeeded', ...nameOf(attempt), result: attempt.result });
  } else if (attempt.state === 'failed' && attempt.failure !== null) {
    send(turn, { type: 'failed', ...nameOf(attempt), failure: attempt.failure, durationMs: attempt.durationMs });
  }
}

/** Ends a process; a second call does nothing. */
export function killExecutor(turn: Turn, executor: Executor): void {
  if (executor.state === 'stopping') return;
  moveExecutor(turn, executor, 'stopping');
  turn.commands.push({ type: 'kill-executor', executor: executor.id });
}

/** The process is dead, and its line has ended: nothing writes into the folders of what ran in it, and its job may wait for just that. */
export function forgetExecutor(turn: Turn, executor: Executor): void {
  const { state } = turn;
  moveExecutor(turn, executor, 'gone');
  const job = executor.job === null ? undefined : state.jobs.get(executor.job);
  if (job?.state === 'closing') finishClosing(turn, job);
}

/** Kills what runs of the job and deletes all of it. */
export function closeJob(turn: Turn, job: Job): void {
  job.reopening = null;
  for (const attempt of attemptsOf(turn, job.id)) {
    // The folder of the whole job goes, so none is deleted for itself.
    attempt.hasFiles = false;
    discard(turn, attempt);
  }
  if (job.state === 'closing') return;
  job.state = 'closing';
  job.settings = null;
  job.locations.clear();
  for (const executor of [...turn.state.executors.values()]) if (executor.job === job.id) killExecutor(turn, executor);
  finishClosing(turn, job);
}

/** Attempts of one job, in any state. */
export function attemptsOf(turn: Turn, job: JobId): Attempt[] {
  return [...turn.state.attempts.values()].filter(attempt => attempt.job === job);
}

/** Whether it reads outputs of other tasks. */
export function hasInput(attempt: Attempt): boolean {
  for (const _ in attempt.assignment?.producers) return true;
  return false;
}

/** Whether other tasks read outputs of it. */
export function hasOutputs(attempt: Attempt): boolean {
  return Object.keys(attempt.hashes).length > 0;
}

/** The executor of an attempt that has one. */
export function executorOf(turn: Turn, attempt: Attempt): Executor {
  const executor = attempt.executor === null ? undefined : turn.state.executors.get(attempt.executor);
  if (executor === undefined) throw new Error(`attempt ${attempt.id} is ${attempt.state} without an executor`);
  return executor;
}

/** Deletes a closing job's folder once none of its executors is alive, and prepares it again if it was opened meanwhile. */
function finishClosing(turn: Turn, job: Job): void {
  for (const executor of turn.state.executors.values()) if (executor.job === job.id) return;
  turn.commands.push({ type: 'delete-job', job: job.id });
  if (job.reopening === null) {
    turn.state.jobs.delete(job.id);
    return;
  }
  turn.commands.push({ type: 'prepare-job', job: job.reopening });
  job.reopening = null;
  job.state = 'preparing';
}

function giveUpInput(turn: Turn, attempt: Attempt): void {
  const waits = attempt.state === 'localising' || attempt.state === 'ready';
  if (waits && hasInput(attempt)) turn.commands.push({ type: 'stop-localising', attempt: attempt.id });
}

/** Deletes what the attempt made. */
export function forgetFiles(turn: Turn, attempt: Attempt): void {
  if (!attempt.hasFiles) return;
  attempt.hasFiles = false;
  turn.commands.push({ type: 'delete-attempt', name: nameOf(attempt) });
}

function nameOf({ job, stage, task, id }: Attempt): AttemptName {
  return { job, stage, task, attempt: id };
}
