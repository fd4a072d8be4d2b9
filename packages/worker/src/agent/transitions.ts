// The states of an attempt and of an executor, and every legal way from one to the next. What is not listed is a bug of
// ours and throws, with the story of the attempt. All changes of state go through `moveAttempt` and `moveExecutor`.
//
//   queued ──▶ localising ──▶ ready ──▶ running ──▶ succeeded ──▶ held
//     └───────────────────────▶┘          │    └──▶ failed       (outputs still needed by readers)
//    (no input from others)   ▲           ├──▶ stopping
//                             └───────────┘ (taken out of a line, or behind what ended its executor)
//   A localising attempt is queued again when an output it could not get has been replaced.
//   Every state but running leads to `gone`, where the agent forgets the attempt.

import { attemptText } from '@sheaf/protocol';
import type { Attempt, Executor, Turn } from './state.ts';

export type AttemptState =
  /** Its job is not prepared, locations are missing, or enough others are ahead of it. */
  | 'queued'
  /** Its input is being brought here; it takes no slot. */
  | 'localising'
  /** Waits for a slot and an executor. */
  | 'ready'
  /** In an executor, or in its line. */
  | 'running'
  /** Nobody wants its result; its executor is being killed, or has it in line, and then its files are deleted. */
  | 'stopping'
  /** The result is sent, and sent again after each reconnect, until it is accepted. */
  | 'succeeded'
  | 'failed'
  /** Accepted; its map outputs are served until they are released or the job closes. */
  | 'held'
  | 'gone';

const attemptTransitions: { readonly [from in AttemptState]: readonly AttemptState[] } = {
  queued: ['localising', 'ready', 'failed', 'gone'],
  localising: ['ready', 'queued', 'failed', 'gone'],
  ready: ['running', 'failed', 'gone'],
  running: ['ready', 'succeeded', 'failed', 'stopping'],
  stopping: ['gone'],
  succeeded: ['held', 'gone'],
  failed: ['stopping', 'gone'],
  held: ['gone'],
  gone: [],
};

export type ExecutorState = 'starting' | 'idle' | 'running' | 'stopping' | 'gone';

const executorTransitions: { readonly [from in ExecutorState]: readonly ExecutorState[] } = {
  starting: ['idle', 'stopping', 'gone'],
  idle: ['running', 'stopping', 'gone'],
  running: ['idle', 'stopping', 'gone'],
  stopping: ['gone'],
  gone: [],
};

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
