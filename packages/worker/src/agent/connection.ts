// The link to the coordinator: hello, welcome, heartbeats, and coming back after a loss.
// Only the newest link counts, and only after its `welcome` do other messages; a coordinator of a lower epoch than one
// that was obeyed before is not obeyed. While there is no link, running attempts go on: the next welcome says which still count.

import { type AttemptId, limits } from '@sheaf/protocol';
import type { AttemptProgress, HeldAttempt, RunningAttempt } from '@sheaf/protocol/messages';
import type { AgentReport, LinkId } from './commands.ts';
import { closeJob, discard, report } from './endings.ts';
import type { AgentMessage } from './events.ts';
import { note, send } from './sending.ts';
import type { Turn } from './state.ts';

type Welcome = Extract<AgentMessage, { type: 'welcome' }>;

/** Asks for a new link, unless there is one. */
export function connect(turn: Turn): void {
  const { state } = turn;
  if (state.connection.type !== 'disconnected') return;
  state.linksMade++;
  state.connection = { type: 'connecting', failures: state.connection.failures, link: state.linksMade };
  turn.commands.push({ type: 'connect', link: state.linksMade });
}

/** The socket is open: say who we are and what we have. */
export function connected(turn: Turn, link: LinkId): void {
  const { state } = turn;
  if (state.connection.type !== 'connecting' || state.connection.link !== link) return;
  state.connection = { type: 'greeting', failures: state.connection.failures, link, deadline: turn.at + limits.helloDeadlineMs };
  turn.commands.push({ type: 'send', link, message: hello(turn) });
}

/** Waits longer after each failure in a row, spread by chance. */
export function disconnected(turn: Turn, link: LinkId, jitter: number): void {
  const { state } = turn;
  if (state.connection.type === 'disconnected' || state.connection.link !== link) return;
  const failures = state.connection.type === 'welcomed' ? 0 : state.connection.failures;
  const delayMs = Math.min(limits.reconnectDelayMs * 2 ** failures, limits.reconnectDelayMsMax);
  state.connection = { type: 'disconnected', failures: failures + 1, retryAt: turn.at + delayMs * (0.5 + jitter / 2) };
}

/** Whether a message of this link may be obeyed now. */
export function obeys(turn: Turn, link: LinkId, message: AgentMessage): boolean {
  const { connection } = turn.state;
  if (connection.type === 'disconnected' || connection.link !== link) return false;
  if (message.type === 'refused' && connection.type !== 'closing') return true;
  if (connection.type === (message.type === 'welcome' ? 'greeting' : 'welcomed')) return true;
  note(turn, 'warn', `a message '${message.type}' came while ${connection.type}`);
  return false;
}

/** The session begins: what the coordinator does not name any more is given up, results are reported again. */
export function welcomed(turn: Turn, link: LinkId, welcome: Welcome): void {
  const { state } = turn;
  if (welcome.epoch < state.epoch) {
    note(turn, 'warn', `a coordinator of epoch ${welcome.epoch} is not obeyed after one of epoch ${state.epoch}`);
    hangUp(turn);
    return;
  }
  state.epoch = welcome.epoch;
  state.connection = {
    type: 'welcomed',
    link,
    session: welcome.session,
    epoch: welcome.epoch,
    heartbeatAt: turn.at + limits.heartbeatIntervalMs,
    progressAt: turn.at + limits.progressIntervalMs,
  };
  note(turn, 'info', `joined the coordinator: session ${welcome.session}, epoch ${welcome.epoch}`);
  const wanted = new Set<AttemptId>([...welcome.keep, ...welcome.resume]);
  const livingJobs = new Set<string>();
  for (const attempt of [...state.attempts.values()]) {
    if (wanted.has(attempt.id)) livingJobs.add(attempt.job);
    else discard(turn, attempt);
  }
  // A job that is still alive but has nothing here any more is opened anew in this session.
  for (const job of [...state.jobs.values()]) if (!livingJobs.has(job.id)) closeJob(turn, job);
  for (const attempt of state.unreported) report(turn, attempt);
  if (state.draining) send(turn, { type: 'draining' });
}

/** The coordinator does not take this worker: now, or for good. */
export function refused(turn: Turn, refusal: Extract<AgentMessage, { type: 'refused' }>): void {
  note(turn, 'warn', `the coordinator refused this worker: ${refusal.message} (${refusal.code})`);
  if (refusal.retry) {
    hangUp(turn);
    return;
  }
  turn.state.ended = true;
  turn.commands.push({ type: 'end', reason: 'refused', message: refusal.message });
}

/** Sends what is due: a heartbeat, and progress of attempts that made some. */
export function keepInTouch(turn: Turn): void {
  const { connection } = turn.state;
  if (connection.type !== 'welcomed') return;
  if (turn.at >= connection.heartbeatAt) {
    connection.heartbeatAt = turn.at + limits.heartbeatIntervalMs;
    const running = [...turn.state.pending].filter(attempt => attempt.state === 'running').length;
    send(turn, { type: 'heartbeat', running });
  }
  if (turn.at >= connection.progressAt) sendProgress(turn);
}

/** Gives up the present link; its end comes back as `disconnected`. */
export function hangUp(turn: Turn): void {
  const { connection } = turn.state;
  if (connection.type === 'disconnected' || connection.type === 'closing') return;
  const failures = connection.type === 'welcomed' ? 0 : connection.failures;
  turn.state.connection = { type: 'closing', failures, link: connection.link };
  turn.commands.push({ type: 'disconnect', link: connection.link });
}

function sendProgress(turn: Turn): void {
  const { connection } = turn.state;
  if (connection.type !== 'welcomed') return;
  connection.progressAt = turn.at + limits.progressIntervalMs;
  const attempts: AttemptProgress[] = [];
  for (const attempt of turn.state.pending) {
    if (!attempt.progressDue) continue;
    attempt.progressDue = false;
    attempts.push({ attempt: attempt.id, records: attempt.records, bytes: attempt.bytes });
  }
  if (attempts.length > 0) send(turn, { type: 'progress', attempts });
}

function hello(turn: Turn): AgentReport {
  const { config, attempts } = turn.state;
  const held: HeldAttempt[] = [];
  const running: RunningAttempt[] = [];
  for (const { id, job, stage, task, state, hashes, assignment } of attempts.values()) {
    const name = { job, stage, task, attempt: id };
    if (state === 'held' && held.length < limits.heldAttemptsMax) held.push({ ...name, hashes });
    if (state === 'held' || state === 'stopping' || assignment === null) continue;
    running.push({ ...name, number: assignment.number, generation: assignment.generation });
  }
  return {
    type: 'hello',
    protocol: config.protocol,
    version: config.version,
    worker: config.worker,
    host: config.host,
    pid: config.pid,
    slots: config.slots,
    labels: config.labels,
    address: config.address,
    directory: config.directory,
    held,
    running,
  };
}
