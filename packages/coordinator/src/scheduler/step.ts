// The scheduler's one entry: an event in, commands out. After each event it draws the conclusions: what is lost runs again, what
// is complete is counted or committed, and what may run is handed out.

import { limits, type SessionId } from '@sheaf/protocol';
import { assignTasks } from './assign.ts';
import { attemptFailed, attemptSucceeded, attemptsProgressed } from './attempts.ts';
import type { SchedulerCommand } from './commands.ts';
import type { SchedulerEvent } from './events.ts';
import { acceptJob, cancelJob, outputsAborted, outputsPublished, publishFailed, resumeEnding, settleJob } from './jobs.ts';
import { joinWorker } from './joining.ts';
import { sendMoved } from './locations.ts';
import { jobOpened } from './opening.ts';
import type { SchedulerState, WorkerRun } from './state.ts';
import { advance, nextWakeAt, passTime } from './time.ts';
import { beginTurn, type Turn } from './turn.ts';
import { drainWorker, forgetLost, leaveSession } from './workers.ts';

type EventOf<Type extends SchedulerEvent['type']> = Extract<SchedulerEvent, { readonly type: Type }>;

/** Changes `state` in place and says what is to be done. Same states and events give the same commands. Throws only for a bug of ours. */
export function step(state: SchedulerState, event: SchedulerEvent): SchedulerCommand[] {
  const at = Math.max(state.now, event.at);
  advance(state, at);
  const turn = beginTurn(state, at, event.cause);
  hear(turn, event);
  if (state.wakeAt !== null && at >= state.wakeAt) passTime(turn);
  handle(turn, event);
  settle(turn);
  state.wakeAt = nextWakeAt(state);
  return turn.commands;
}

/** Whatever a worker says, it shows that the worker is there. */
function hear(turn: Turn, event: SchedulerEvent): void {
  if (!('session' in event)) return;
  const worker = turn.state.sessions.get(event.session);
  if (worker !== undefined) worker.lastHeardAt = turn.at;
}

function handle(turn: Turn, event: SchedulerEvent): void {
  (handlers[event.type] as (turn: Turn, event: SchedulerEvent) => void)(turn, event);
}

const handlers: { readonly [Type in SchedulerEvent['type']]: (turn: Turn, event: EventOf<Type>) => void } = {
  'coordinator-started': turn => start(turn),
  'job-submitted': (turn, event) => acceptJob(turn, event.job),
  'cancel-requested': (turn, event) => cancelJob(turn, event),
  'worker-joined': (turn, event) => joinWorker(turn, event),
  'worker-disconnected': (turn, event) => withWorker(turn, event.session, worker => leaveSession(turn, worker)),
  'worker-heard': () => {},
  'worker-draining': (turn, event) =>
    withWorker(turn, event.session, worker => {
      worker.draining = true;
    }),
  'drain-requested': (turn, event) => drainWorker(turn, event.worker),
  'job-opened-on-worker': (turn, event) => fromWorker(turn, event, worker => jobOpened(turn, worker, event)),
  'attempts-progressed': (turn, event) => withWorker(turn, event.session, worker => attemptsProgressed(turn, worker, event.attempts)),
  'attempt-succeeded': (turn, event) => fromWorker(turn, event, worker => attemptSucceeded(turn, worker, event)),
  'attempt-failed': (turn, event) => fromWorker(turn, event, worker => attemptFailed(turn, worker, event)),
  'outputs-published': (turn, event) => outputsPublished(turn, event.job),
  'publish-failed': (turn, event) => publishFailed(turn, event.job, event.message),
  'outputs-aborted': (turn, event) => outputsAborted(turn, event.job),
  ticked: turn => passTime(turn),
};

/** The first step after recovery: what was being ended goes on, and workers get time to come back with their outputs and attempts. */
function start(turn: Turn): void {
  const { state } = turn;
  if (state.jobs.size > 0) state.locateUntil = turn.at + limits.restartGraceMs;
  for (const job of state.jobs.values()) {
    job.resuming = true;
    resumeEnding(turn, job);
    turn.touched.add(job);
  }
}

/** Does nothing for a session that has ended: its worker is gone or has a newer one. */
function withWorker(turn: Turn, session: SessionId, act: (worker: WorkerRun) => void): void {
  const worker = turn.state.sessions.get(session);
  if (worker !== undefined) act(worker);
}

/** As `withWorker`, for what would have counted: that it was fenced is worth a line in the log. */
function fromWorker(turn: Turn, event: { readonly session: SessionId; readonly type: string }, act: (worker: WorkerRun) => void): void {
  const worker = turn.state.sessions.get(event.session);
  if (worker === undefined) turn.commands.push({ type: 'log-fenced', session: event.session, what: `${event.type} of an ended session` });
  else act(worker);
}

function settle(turn: Turn): void {
  for (const job of turn.touched) settleJob(turn, job);
  forgetLost(turn);
  assignTasks(turn);
  sendMoved(turn);
}

export { nextWakeAt };
