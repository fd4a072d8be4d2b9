// The agent's one entry: an event goes in, commands come out, the state is changed in place.
// After each event the same rules run again (move queued attempts on, give ready ones an executor, end when drained), so a
// handler only records what happened. No clock, chance, promise or input/output: the same events give the same commands.

import {
  accepted,
  admit,
  assign,
  cancelAttempt,
  deadlineOf,
  drainedFailure,
  expireAttempts,
  failed,
  localised,
  localisingFailed,
  progressed,
  release,
  succeeded,
} from './attempts.ts';
import type { AgentCommand, LinkId } from './commands.ts';
import { connect, connected, disconnected, hangUp, keepInTouch, obeys, refused, welcomed } from './connection.ts';
import { closeJob, failAttempt, killExecutor } from './endings.ts';
import type { AgentEvent, AgentMessage } from './events.ts';
import { executorExited, executorReady, runReady, unblockStarts } from './executors.ts';
import { addLocations, jobPrepared, jobRefused, openJob } from './jobs.ts';
import { lineWithdrawn, stuckAt, withdrawStuck } from './lines.ts';
import { note, send } from './sending.ts';
import type { AgentState, Turn } from './state.ts';

type EventOf<Type extends AgentEvent['type']> = Extract<AgentEvent, { type: Type }>;
type MessageOf<Type extends AgentMessage['type']> = Extract<AgentMessage, { type: Type }>;

/** Takes an event in and says what is to be done. After `end` nothing more happens. */
export function step(state: AgentState, event: AgentEvent): AgentCommand[] {
  const turn: Turn = { state, at: event.at, commands: [] };
  if (state.ended) return turn.commands;
  const handle = eventHandlers[event.type] as (turn: Turn, event: AgentEvent) => void;
  handle(turn, event);
  if (!state.ended) settle(turn);
  return turn.commands;
}

/** When `woken` must come at the latest; null: not before another event. */
export function nextWakeAt(state: AgentState): number | null {
  if (state.ended) return null;
  const times: number[] = [];
  const { connection } = state;
  if (connection.type === 'disconnected') times.push(connection.retryAt);
  if (connection.type === 'greeting') times.push(connection.deadline);
  if (connection.type === 'welcomed') times.push(connection.heartbeatAt);
  for (const attempt of state.pending) {
    if (attempt.progressDue && connection.type === 'welcomed') times.push(connection.progressAt);
    const deadline = deadlineOf(state, attempt);
    if (deadline !== null) times.push(deadline);
  }
  for (const executor of state.executors.values()) {
    const dueAt = stuckAt(executor);
    if (dueAt !== null) times.push(dueAt);
  }
  if (state.startsBlockedUntil !== null) times.push(state.startsBlockedUntil);
  if (state.patientUntil !== null) times.push(state.patientUntil);
  const earliest = Math.min(...times);
  return Number.isFinite(earliest) ? earliest : null;
}

function settle(turn: Turn): void {
  admit(turn);
  runReady(turn);
  withdrawStuck(turn);
  if (turn.state.draining) endWhenDrained(turn);
}

const eventHandlers: { readonly [Type in AgentEvent['type']]: (turn: Turn, event: EventOf<Type>) => void } = {
  started: turn => connect(turn),
  woken: turn => wake(turn),
  connected: (turn, event) => connected(turn, event.link),
  disconnected: (turn, event) => disconnected(turn, event.link, event.jitter),
  'message-received': (turn, event) => receive(turn, event.link, event.message),
  'job-prepared': (turn, event) => jobPrepared(turn, event.job, event.settings),
  'job-refused': (turn, event) => jobRefused(turn, event.job, event.failure),
  localised: (turn, event) => localised(turn, event.attempt),
  'localising-failed': (turn, event) => localisingFailed(turn, event.attempt, event.failure),
  'executor-ready': (turn, event) => executorReady(turn, event.executor),
  'executor-exited': (turn, event) => executorExited(turn, event.executor, event),
  'line-withdrawn': (turn, event) => lineWithdrawn(turn, event.executor, event),
  'attempt-succeeded': (turn, event) => succeeded(turn, event.attempt, event.result),
  'attempt-failed': (turn, event) => failed(turn, event.attempt, event.failure),
  'attempt-progressed': (turn, event) => progressed(turn, event.attempt, event),
  'log-read': (turn, event) => send(turn, { type: 'log-lines', request: event.request, text: event.text }),
  'drain-requested': turn => drain(turn),
};

const messageHandlers: { readonly [Type in AgentMessage['type']]: (turn: Turn, message: MessageOf<Type>, link: LinkId) => void } = {
  welcome: (turn, message, link) => welcomed(turn, link, message),
  refused: (turn, message) => refused(turn, message),
  'open-job': (turn, message) => openJob(turn, message.job),
  locations: (turn, message) => addLocations(turn, message.job, message.edge, message.entries),
  assign: (turn, message) => assign(turn, message.assignment),
  accepted: (turn, message) => accepted(turn, message.attempt),
  'cancel-attempt': (turn, message) => cancelAttempt(turn, message.attempt),
  release: (turn, message) => release(turn, message),
  'close-job': (turn, message) => {
    const job = turn.state.jobs.get(message.job);
    if (job !== undefined) closeJob(turn, job);
  },
  'read-log': (turn, message) => {
    const { request, attempt, bytesMax } = message;
    turn.commands.push({ type: 'read-log', request, attempt, bytesMax });
  },
  drain: turn => drain(turn),
};

function receive(turn: Turn, link: LinkId, message: AgentMessage): void {
  if (!obeys(turn, link, message)) return;
  const handle = messageHandlers[message.type] as (turn: Turn, message: AgentMessage, link: LinkId) => void;
  handle(turn, message, link);
}

function wake(turn: Turn): void {
  const { connection } = turn.state;
  if (connection.type === 'disconnected' && turn.at >= connection.retryAt) connect(turn);
  if (connection.type === 'greeting' && turn.at >= connection.deadline) {
    note(turn, 'warn', 'the coordinator did not answer hello');
    hangUp(turn);
  }
  unblockStarts(turn);
  expireAttempts(turn);
  keepInTouch(turn);
}

/** Hands back what is not finished and ends the processes. Finished outputs stay on disk for the next start. */
function drain(turn: Turn): void {
  const { state } = turn;
  if (state.draining) return;
  state.draining = true;
  send(turn, { type: 'draining' });
  for (const attempt of [...state.pending]) if (attempt.state !== 'stopping') failAttempt(turn, attempt, drainedFailure());
  for (const executor of [...state.executors.values()]) killExecutor(turn, executor);
}

/** Results are waited for only while somebody can accept them. */
function endWhenDrained(turn: Turn): void {
  const { state } = turn;
  if (state.executors.size > 0) return;
  if (state.connection.type === 'welcomed' && state.unreported.size > 0) return;
  state.ended = true;
  turn.commands.push({ type: 'end', reason: 'drained', message: 'the worker was drained' });
}
