// The line of an executor: short tasks are given to it before it is done with others, so that it need not ask for each. It runs
// them in their order and answers in that order, several at a time. Behind a task that takes longer than the others nothing
// stays in line: what has not begun is withdrawn and waits for any slot, so no task waits long for another one.

import { type AttemptId, type Failure, limits } from '@sheaf/protocol';
import type { ExecutorId } from './commands.ts';
import { failAttempt, forgetFiles, killExecutor, lastSeenIn, withdrawLine } from './endings.ts';
import type { Attempt, Executor, Job, Turn } from './state.ts';
import { moveAttempt, moveExecutor } from './transitions.ts';

/** The newest tasks tell most of what the next one will take. */
const newestShare = 0.25;
/** Times are told in whole milliseconds. */
const briefestMs = limits.linedUpWorkMs / limits.linedUpMax;

/** A task of the stage took so long. */
export function noteDuration(job: Job, stage: number, durationMs: number): void {
  const usual = job.usualMs.get(stage);
  job.usualMs.set(stage, usual === undefined ? durationMs : usual + newestShare * (durationMs - usual));
}

/** Gives an attempt to an executor: to run at once when it is idle, else behind what it has. */
export function giveTo(turn: Turn, attempt: Attempt, executor: Executor): void {
  if (attempt.assignment === null) throw new Error(`attempt ${attempt.id} is ready without an assignment`);
  moveAttempt(turn, attempt, 'running');
  attempt.executor = executor.id;
  attempt.hasFiles = true;
  executor.job = attempt.job;
  executor.line.push(attempt);
  if (executor.state === 'idle') {
    moveExecutor(turn, executor, 'running');
    begin(turn, executor);
  }
  turn.commands.push({ type: 'run-attempt', executor: executor.id, assignment: attempt.assignment });
}

/** Puts ready attempts of stages whose tasks are short in line behind what runs. */
export function lineUp(turn: Turn): void {
  const { state } = turn;
  const running = [...state.executors.values()].filter(({ state, isWithdrawn }) => state === 'running' && !isWithdrawn);
  if (running.length === 0) return;
  for (const attempt of state.pending) {
    if (attempt.state !== 'ready' || attempt.assignment?.number !== 1) continue;
    const depth = depthOf(turn, attempt);
    let shortest: Executor | null = null;
    for (const executor of running) {
      if (executor.job !== attempt.job || executor.line.length > depth) continue;
      if (shortest === null || executor.line.length < shortest.line.length) shortest = executor;
    }
    if (shortest !== null) giveTo(turn, attempt, shortest);
    else if (running.every(({ line }) => line.length > limits.linedUpMax)) return;
  }
}

/** How many attempts of its stage may be in line behind the one that runs. */
function depthOf({ state }: Turn, { job, stage }: Attempt): number {
  const usual = state.jobs.get(job)?.usualMs.get(stage);
  return usual === undefined ? 0 : Math.floor(limits.linedUpWorkMs / Math.max(briefestMs, usual));
}

/** The executor has ended with the attempt; the next in its line is what it is busy with. */
export function leaveLine(turn: Turn, executor: Executor, attempt: Attempt): void {
  executor.line = executor.line.filter(other => other !== attempt);
  attempt.executor = null;
  if (executor.state !== 'running') return;
  if (executor.line.length === 0) moveExecutor(turn, executor, 'idle');
  else if (executor.current === attempt) begin(turn, executor);
}

/** These it will not begin; `running` is what it is busy with. */
export function lineWithdrawn(
  turn: Turn,
  id: ExecutorId,
  { attempts, running }: { readonly attempts: readonly AttemptId[]; readonly running: AttemptId | null },
): void {
  const executor = turn.state.executors.get(id);
  if (executor?.state !== 'running') return;
  for (const attempt of executor.line.filter(({ id }) => attempts.includes(id))) neverBegan(turn, executor, attempt);
  if (executor.line.length === 0) moveExecutor(turn, executor, 'idle');
  else if (executor.current?.id !== running) begin(turn, executor, running);
}

/** Behind what takes long nothing stays in line. */
export function withdrawStuck(turn: Turn): void {
  for (const executor of turn.state.executors.values()) {
    const dueAt = stuckAt(executor);
    if (dueAt !== null && turn.at >= dueAt) withdrawLine(turn, executor);
  }
}

/** When `withdrawStuck` will have something to do with the executor. */
export function stuckAt({ state, isWithdrawn, line, current }: Executor): number | null {
  if (state !== 'running' || isWithdrawn || line.length < 2 || current === null) return null;
  return current.startedAt + limits.lineStuckMs;
}

/**
 * The process is dead. What it was busy with has failed; of what it did before that, results may be missing; the rest of its
 * line it never began.
 */
export function endLine(
  turn: Turn,
  executor: Executor,
  { running, failure }: { readonly running: AttemptId | null; readonly failure: Failure },
): void {
  const line = executor.line;
  const last = running === null ? line.indexOf(executor.current as Attempt) : line.findIndex(({ id }) => id === running);
  line.forEach((attempt, i) => {
    if (i > last) {
      neverBegan(turn, executor, attempt);
      return;
    }
    if (attempt.state === 'running') failAttempt(turn, attempt, i === last ? lastSeenIn(attempt, failure) : unheard);
    attempt.executor = null;
    forgetFiles(turn, attempt);
    if (attempt.state === 'stopping') moveAttempt(turn, attempt, 'gone');
  });
  executor.line = [];
}

const unheard: Failure = { code: 'E_WORKER_LOST', message: 'its executor ended in a later task before the result was told' };

function neverBegan(turn: Turn, executor: Executor, attempt: Attempt): void {
  executor.line = executor.line.filter(other => other !== attempt);
  attempt.executor = null;
  attempt.hasFiles = false;
  if (attempt.state === 'running') moveAttempt(turn, attempt, 'ready');
  else if (attempt.state === 'stopping') moveAttempt(turn, attempt, 'gone');
}

/** The executor is busy with the first of its line, or one further back that it is known to have begun. */
function begin(turn: Turn, executor: Executor, running: AttemptId | null = null): void {
  const attempt = executor.line.find(({ id }) => id === running) ?? (executor.line[0] as Attempt);
  executor.current = attempt;
  attempt.startedAt = turn.at;
  attempt.progressedAt = turn.at;
  // How long one takes that nobody wants is nobody's concern either.
  if (attempt.state === 'stopping') killExecutor(turn, executor);
}
