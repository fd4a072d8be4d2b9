// Which executor process runs what. At most `slots` run at once; idle ones that have loaded a job are kept for its next
// attempts; one that has loaded a job never serves another, as the job's code may have left anything behind.
// While none has a job, a few blank ones are started before anybody asks, so that a job's first task does not wait for a process to
// start. A second one for the same job takes longer to load it and to get warm than a little task takes behind the one before it, so
// such a task has patience, unless there are many of them.

import { type AttemptId, type Failure, failureCodes, type JobId, limits } from '@sheaf/protocol';
import type { ExecutorId } from './commands.ts';
import { failAttempt, forgetExecutor, killExecutor } from './endings.ts';
import { endLine, giveTo, lineUp } from './lines.ts';
import { note } from './sending.ts';
import type { Attempt, Executor, Turn } from './state.ts';
import { moveExecutor } from './transitions.ts';

/** It has loaded its modules and waits for work. */
export function executorReady(turn: Turn, id: ExecutorId): void {
  const executor = turn.state.executors.get(id);
  turn.state.startFailures = 0;
  if (executor?.state === 'starting') moveExecutor(turn, executor, 'idle');
}

/** Its process is dead, and with it all that it started. */
export function executorExited(
  turn: Turn,
  id: ExecutorId,
  { failure, running }: { readonly failure: Failure; readonly running: AttemptId | null },
): void {
  const { state } = turn;
  const executor = state.executors.get(id);
  if (executor === undefined) return;
  if (executor.state === 'starting') startFailed(turn, executor, failure);
  if (executor.state !== 'stopping') moveExecutor(turn, executor, 'stopping');
  endLine(turn, executor, { running, failure });
  forgetExecutor(turn, executor);
}

/** After a failure to start: it may be tried again now. */
export function unblockStarts(turn: Turn): void {
  const { state } = turn;
  if (state.startsBlockedUntil !== null && turn.at >= state.startsBlockedUntil) state.startsBlockedUntil = null;
}

/** Gives ready attempts their executors, and starts processes for those that found none. */
export function runReady(turn: Turn): void {
  const { state } = turn;
  let free = state.config.slots - countExecutors(turn, executor => executor.state === 'running');
  const wanted = new Map<number, number>();
  state.patientUntil = null;
  for (const attempt of state.pending) {
    if (free === 0) break;
    if (attempt.state !== 'ready') continue;
    free--;
    const executor = idleExecutorFor(turn, attempt);
    if (executor?.job !== attempt.job && isPatient(turn, attempt, { blank: executor !== null, wanted })) continue;
    if (executor !== null) giveTo(turn, attempt, executor);
    else wanted.set(heapOf(turn, attempt), (wanted.get(heapOf(turn, attempt)) ?? 0) + 1);
  }
  // A slot without an executor may want what could stand in line.
  if (countExecutors(turn, executor => executor.state === 'running') === state.config.slots) lineUp(turn);
  if (state.startsBlockedUntil !== null || state.draining) return;
  for (const [heapMb, count] of wanted) {
    const starting = countExecutors(turn, executor => executor.state === 'starting' && executor.heapMb === heapMb);
    for (let missing = count - starting; missing > 0; missing--) startOrMakeRoom(turn, heapMb);
  }
  startBlanks(turn);
}

/**
 * Whether an attempt waits for an executor that others have before it, though a blank one may be there. It is looked at again when its
 * patience ends.
 */
function isPatient(
  turn: Turn,
  attempt: Attempt,
  { blank, wanted }: { readonly blank: boolean; readonly wanted: ReadonlyMap<number, number> },
): boolean {
  if (inputBytesOf(attempt) >= limits.executorInputBytesMin || turn.state.pending.size > limits.patientAttemptsMax) return false;
  const { state, at } = turn;
  const heapMb = heapOf(turn, attempt);
  const starts = (executor: Executor): boolean => executor.state === 'starting' && executor.heapMb === heapMb;
  // However brief the tasks before it are, there are many of them when they take so long together.
  let until = attempt.assignedAt + 2 * limits.executorPatienceMs;
  if (blank || (!wanted.has(heapMb) && countExecutors(turn, starts) === 0)) {
    until = Math.min(until, lastStartOf(turn, attempt.job) + limits.executorPatienceMs);
  }
  if (at >= until) return false;
  state.patientUntil = Math.min(until, state.patientUntil ?? until);
  return true;
}

/** When the youngest of the running attempts of a job began; long ago where none runs. */
function lastStartOf({ state }: Turn, job: JobId): number {
  let begunAt = Number.NEGATIVE_INFINITY;
  for (const executor of state.executors.values()) {
    if (executor.job === job && executor.current?.state === 'running') begunAt = Math.max(begunAt, executor.current.startedAt);
  }
  return begunAt;
}

function inputBytesOf({ assignment }: Attempt): number {
  return (assignment?.split?.pieces ?? []).reduce((sum, { from, to }) => sum + to - from, 0);
}

/** One that has the job loaded, else a blank one with the job's heap. */
function idleExecutorFor(turn: Turn, attempt: Attempt): Executor | null {
  let blank: Executor | null = null;
  for (const executor of turn.state.executors.values()) {
    if (executor.state !== 'idle') continue;
    if (executor.job === attempt.job) return executor;
    if (executor.job === null && executor.heapMb === heapOf(turn, attempt)) blank ??= executor;
  }
  return blank;
}

function heapOf(turn: Turn, attempt: Attempt): number {
  const settings = turn.state.jobs.get(attempt.job)?.settings;
  if (settings == null) throw new Error(`attempt ${attempt.id} is ready, but its job is not open`);
  return settings.heapMb;
}

/** Starts a process; when there are too many, ends the one that has been idle longest, and its exit brings us back here. */
function startOrMakeRoom(turn: Turn, heapMb: number): void {
  const { state } = turn;
  if (state.executors.size < state.config.slots * limits.executorsPerSlotMax) {
    start(turn, heapMb);
    return;
  }
  if (countExecutors(turn, executor => executor.state === 'stopping') > 0) return;
  let oldest: Executor | null = null;
  for (const executor of state.executors.values()) {
    if (executor.state === 'idle' && (oldest === null || executor.idleSince < oldest.idleSince)) oldest = executor;
  }
  if (oldest !== null) killExecutor(turn, oldest);
}

/** Those that have a job are followed by others when its attempts want them. */
function startBlanks(turn: Turn): void {
  const { config, executors, executorsMade } = turn.state;
  if (config.forOneJob === true && executorsMade >= config.blanksMax) return;
  if (countExecutors(turn, ({ state, job }) => state !== 'stopping' && job !== null) > 0) return;
  let blanks = countExecutors(turn, ({ state }) => state !== 'stopping');
  for (; blanks < config.blanksMax && executors.size < config.slots * limits.executorsPerSlotMax; blanks++) start(turn, config.blankHeapMb);
}

function start(turn: Turn, heapMb: number): void {
  const { state } = turn;
  state.executorsMade++;
  const executor: Executor = {
    ...{ id: state.executorsMade, heapMb, state: 'starting', job: null, idleSince: turn.at },
    ...{ line: [], current: null, isWithdrawn: false },
  };
  state.executors.set(executor.id, executor);
  turn.commands.push({ type: 'start-executor', executor: executor.id, heapMb });
}

/** Waits longer after each failure in a row, and fails one waiting attempt with it, so that it can be tried elsewhere. */
function startFailed(turn: Turn, executor: Executor, failure: Failure): void {
  const { state } = turn;
  const delayMs = Math.min(limits.retryDelayMs * 2 ** state.startFailures, limits.retryDelayMsMax);
  state.startFailures++;
  state.startsBlockedUntil = turn.at + delayMs;
  note(turn, 'warn', `executor ${executor.id} did not start: ${failure.message}`);
  for (const attempt of state.pending) {
    if (attempt.state !== 'ready' || heapOf(turn, attempt) !== executor.heapMb) continue;
    const infrastructure = failureCodes[failure.code].origin === 'infrastructure';
    failAttempt(turn, attempt, infrastructure ? failure : { code: 'E_EXECUTOR_START', message: failure.message });
    return;
  }
}

function countExecutors(turn: Turn, test: (executor: Executor) => boolean): number {
  let count = 0;
  for (const executor of turn.state.executors.values()) if (test(executor)) count++;
  return count;
}
