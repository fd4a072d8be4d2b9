// From one state of `states.ts` to the next. What is not listed there is a bug of ours and throws, with the story of the attempt.
// All changes of state go through `moveAttempt` and `moveExecutor`.

import { attemptText } from '@sheaf/protocol';
import type { Attempt, Executor, Turn } from './state.ts';
import { type AttemptState, attemptTransitions, type ExecutorState, executorTransitions } from './states.ts';

const pendingStates: ReadonlySet<AttemptState> = new Set<AttemptState>(['queued', 'localising', 'ready', 'running', 'stopping']);
const unreportedStates: ReadonlySet<AttemptState> = new Set<AttemptState>(['succeeded', 'failed']);

/** Changes an attempt's state and keeps the indexes by state true. */
export function moveAttempt(turn: Turn, attempt: Attempt, to: AttemptState): void {
  const { state } = turn;
  if (!attemptTransitions[attempt.state].includes(to)) {
    const name = attemptText(attempt.job, String(attempt.stage), attempt.task, attempt.id);
    throw new Error(`attempt ${name} cannot go from ${attempt.state} to ${to}; so far: ${attempt.story.join(', ')}`);
  }
  attempt.story.push(`${to} at ${turn.at}`);
  attempt.state = to;
  if (pendingStates.has(to)) state.pending.add(attempt);
  else state.pending.delete(attempt);
  if (unreportedStates.has(to)) state.unreported.add(attempt);
  else state.unreported.delete(attempt);
  if (to === 'gone') state.attempts.delete(attempt.id);
}

/** Changes an executor's state; one that is gone is forgotten. */
export function moveExecutor(turn: Turn, executor: Executor, to: ExecutorState): void {
  if (!executorTransitions[executor.state].includes(to)) {
    throw new Error(`executor ${executor.id} cannot go from ${executor.state} to ${to}`);
  }
  executor.state = to;
  if (to === 'idle') {
    executor.current = null;
    executor.isWithdrawn = false;
    executor.idleSince = turn.at;
  }
  if (to === 'gone') turn.state.executors.delete(executor.id);
}
