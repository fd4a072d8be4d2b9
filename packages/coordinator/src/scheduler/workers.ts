// Workers go: their connection closes, they fall silent, they say that they end. A closed connection is given a short grace;
// then what ran on the worker runs elsewhere, and what it finished is made again as far as somebody needs it.

import { type Failure, limits, type SessionId, type WorkerId } from '@sheaf/protocol';
import { charge } from './budgets.ts';
import { mindDeadline } from './delays.ts';
import { failJob, isLive } from './jobs.ts';
import { shiftReachable } from './outputs.ts';
import type { Attempt, JobRun, WorkerRun } from './state.ts';
import { endAttempt, moveTask, moveWorker, nameOf, taskState } from './transitions.ts';
import { troubleOf } from './troubles.ts';
import { note, send, type Turn, tell } from './turn.ts';
import { forgetIfLost, noteRoom } from './worker-runs.ts';

/** The worker's connection is gone, whoever closed it; nothing more can be sent over the session. */
export function leaveSession(turn: Turn, worker: WorkerRun): void {
  if (worker.session === null) return;
  turn.state.sessions.delete(worker.session);
  worker.session = null;
  worker.told.clear();
  worker.jobs.clear();
  moveWorker(worker, 'away');
  worker.awayUntil = turn.at + limits.lostConnectionGraceMs;
  mindDeadline(turn.state, worker.awayUntil);
  noteRoom(turn.state, worker);
  shiftReachable(turn, worker, -1);
}

/** A connected worker has said nothing for too long: whatever it still does, it does not count. */
export function dropSilent(turn: Turn, worker: WorkerRun): void {
  const how = `was silent for ${turn.at - worker.lastHeardAt} ms`;
  endSession(turn, worker, `${worker.id} ${how}`);
  loseWorker(turn, worker, how);
}

/** Closes the worker's session from this side. */
export function endSession(turn: Turn, worker: WorkerRun, reason: string): void {
  const session = worker.session as SessionId;
  leaveSession(turn, worker);
  turn.commands.push({ type: 'end-session', session, reason });
}

/** The worker is given up; `how` goes on from its name: 'did not come back'. */
export function loseWorker(turn: Turn, worker: WorkerRun, how: string): void {
  moveWorker(worker, 'lost');
  const jobs = new Set<JobRun>();
  for (const attempt of [...worker.attempts]) {
    jobs.add(attempt.job);
    loseAttempt(turn, attempt, `${worker.id} ${how}`);
  }
  for (const job of turn.state.jobs.values()) {
    const holds = job.stages.some(stage => stage.outputsOn.has(worker.index));
    if (holds) turn.touched.add(job);
    if ((holds || jobs.has(job)) && isLive(job))
      note(turn, job, { kind: 'worker-lost', text: `${worker.id} on ${worker.host} ${how}`, failure: null });
  }
  turn.lost.add(worker);
}

/** The attempt is gone with its worker, or the worker knows nothing of it: charged to the machines. */
export function loseAttempt(turn: Turn, attempt: Attempt, reason: string): void {
  const { job, stage, task, worker, number } = attempt;
  // Losing another one may have failed the job, and this one with it.
  if (attempt.state !== 'running') return;
  endAttempt(turn, attempt, 'lost');
  tell(turn, attempt, `lost: ${reason}`);
  if (!isLive(job)) return;
  const trouble = troubleOf(attempt, number);
  trouble.worker = worker.index;
  const failure: Failure = { code: 'E_WORKER_LOST', message: reason, from: { attempt: nameOf(attempt), worker: worker.id } };
  const final = charge(job, trouble, failure);
  if (final !== null) {
    failJob(turn, job, final);
    return;
  }
  if (stage.live.has(task)) return;
  moveTask(turn, attempt, 'pending');
  note(turn, job, { kind: 'task-reassigned', text: `${stage.spec.name}@${task} runs again: ${reason}`, failure: null });
}

/** Gives back what the worker runs of a job, as nobody's failure. */
export function takeBack(turn: Turn, worker: WorkerRun, job: JobRun): void {
  for (const attempt of [...worker.attempts]) {
    if (attempt.job !== job) continue;
    endAttempt(turn, attempt, 'cancelled');
    tell(turn, attempt, `taken back: the job is not open on ${worker.id}`);
    troubleOf(attempt, attempt.number).worker = worker.index;
    if (taskState(attempt.stage, attempt.task) === 'running' && !attempt.stage.live.has(attempt.task)) moveTask(turn, attempt, 'pending');
  }
}

/** Somebody wants the worker to end. */
export function drainWorker(turn: Turn, id: WorkerId): void {
  const worker = turn.state.workersById.get(id);
  if (worker === undefined || worker.session === null) return;
  worker.draining = true;
  send(turn, worker, { type: 'drain' });
}

/** Lost workers that nothing refers to any more go from memory, once the step has settled. */
export function forgetLost(turn: Turn): void {
  for (const worker of turn.lost) forgetIfLost(turn.state, worker);
}
