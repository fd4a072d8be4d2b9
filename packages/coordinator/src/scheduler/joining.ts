// A worker says hello: for the first time, or back with finished outputs and running attempts of an earlier session, perhaps
// of an earlier life of either side. What still counts is taken up again; the welcome says what is not, and the worker drops it.

import { type AttemptId, limits, type SessionId } from '@sheaf/protocol';
import type { HeldAttempt, RunningAttempt } from '@sheaf/protocol/messages';
import { found } from './assert.ts';
import { startAttempt } from './assign.ts';
import type { WorkerOrder } from './commands.ts';
import { mindDeadline } from './delays.ts';
import type { JoinedWorker } from './events.ts';
import { isLive } from './jobs.ts';
import { openJobOn, sendLocations } from './locations.ts';
import { adopt, announce, isWinner, place, shiftReachable } from './outputs.ts';
import { mayQueue } from './queueing.ts';
import { releaseAgain } from './release.ts';
import type { Attempt, JobRun, StageRun, WorkerRun } from './state.ts';
import { nowhere } from './task-table.ts';
import { moveWorker, slotsOf, type TaskRef, tableOf, taskState } from './transitions.ts';
import { note, type Turn, tell } from './turn.ts';
import { knownWorker, noteRoom } from './worker-runs.ts';
import { endSession, loseAttempt } from './workers.ts';

export interface Hello {
  readonly session: SessionId;
  readonly worker: JoinedWorker;
  readonly held: readonly HeldAttempt[];
  readonly running: readonly RunningAttempt[];
}

export function joinWorker(turn: Turn, hello: Hello): void {
  const worker = knownWorker(turn.state, hello.worker);
  if (worker.state === 'connected') endSession(turn, worker, `a newer session of ${worker.id} has come`);
  const moved = connect(turn, worker, hello);
  const first = turn.commands.length;
  const found = new Map<JobRun, number>();
  const keep = hello.held.filter(held => takeHeld(turn, worker, { held, found })).map(held => held.attempt);
  const resumed = hello.running.filter(running => resume(turn, worker, running)).map(running => running.attempt);
  // The welcome comes before all else that the session is told, also before what taking up the outputs has led to.
  const message: WorkerOrder = { type: 'welcome', session: hello.session, epoch: turn.state.epoch, keep, resume: resumed };
  turn.commands.splice(first, 0, { type: 'send', session: hello.session, message });
  const kept = new Set([...keep, ...resumed]);
  for (const { job, attempt } of [...hello.held, ...hello.running]) if (kept.has(attempt)) worker.jobs.add(job);
  forgetMissing(turn, worker, { kept, moved });
  releaseAgain(turn, worker);
  for (const [job, tasks] of found) {
    const text = `${worker.id} came back with ${tasks} finished ${tasks === 1 ? 'task' : 'tasks'}`;
    note(turn, job, { kind: 'adopted', text, failure: null });
  }
  for (const attempt of [...worker.attempts]) refresh(turn, attempt);
}

/** Takes over what the worker says of itself. Whether outputs that it has are to be found elsewhere than before. */
function connect(turn: Turn, worker: WorkerRun, { session, worker: facts }: Hello): boolean {
  const moved =
    worker.state === 'lost' || worker.address !== facts.address || worker.directory !== facts.directory || worker.host !== facts.host;
  Object.assign(worker, facts);
  moveWorker(worker, 'connected');
  worker.session = session;
  worker.draining = false;
  worker.lastHeardAt = turn.at;
  worker.rest = { until: 0, times: 0 };
  worker.avoided.clear();
  turn.state.sessions.set(session, worker);
  mindDeadline(turn.state, turn.at + limits.heartbeatTimeoutMs);
  noteRoom(turn.state, worker);
  shiftReachable(turn, worker, 1);
  return moved;
}

interface Taking {
  readonly held: HeldAttempt;
  /** By job, how many outputs were lost or nowhere until now. */
  readonly found: Map<JobRun, number>;
}

/** Whether the held outputs are those that count; then they are to be had from this worker. */
function takeHeld(turn: Turn, worker: WorkerRun, { held, found: foundAgain }: Taking): boolean {
  const job = turn.state.jobs.get(held.job);
  if (job === undefined || !isLive(job) || !isWinner(job, held)) return false;
  const ref: TaskRef = { job, stage: found(job.stages[held.stage], 'stage'), task: held.task };
  const same =
    ref.stage.out.length > 0 &&
    tableOf(ref.stage)
      .outputs(held.task)
      .every(({ edge, hash }) => held.hashes[edge] === hash);
  if (!same || ref.stage.released || ref.stage.outdated.has(ref.task)) return false;
  const committed = taskState(ref.stage, ref.task) === 'committed';
  if (committed && tableOf(ref.stage).worker[ref.task] === worker.index) return true;
  foundAgain.set(job, (foundAgain.get(job) ?? 0) + 1);
  if (!committed) {
    adopt(turn, ref, worker);
  } else {
    place(turn, ref, worker.index);
    announce(turn, ref);
    tell(turn, { ...ref, id: held.attempt }, `found on ${worker.id}`);
  }
  turn.touched.add(job);
  return true;
}

/** Whether an attempt that the worker runs, or of whose end it has yet to tell, may go on. */
function resume(turn: Turn, worker: WorkerRun, running: RunningAttempt): boolean {
  const known = turn.state.attempts.get(running.attempt);
  if (known !== undefined) return known.worker === worker && isSame(known, running);
  const job = turn.state.jobs.get(running.job);
  const stage = job?.stages[running.stage];
  if (job === undefined || stage === undefined || job.phase === 'aborting' || !isTask(stage, running.task)) return false;
  // Its success was taken, but the worker does not know: it will say so again, and is answered then.
  if (taskState(stage, running.task) === 'committed') return isWinner(job, running);
  if (!isLive(job)) return false;
  if (stage.troubles.get(running.task)?.failed.includes(running.attempt)) return false;
  if (running.generation !== job.generation || !mayResume(worker, stage)) return false;
  const ref: TaskRef = { job, stage, task: running.task };
  startAttempt(turn, ref, { id: running.attempt, number: running.number, worker });
  tell(turn, { ...ref, id: running.attempt }, `goes on at ${worker.id}`);
  return true;
}

/** What waited on the worker for a slot goes on as well. */
function mayResume(worker: WorkerRun, stage: StageRun): boolean {
  const slots = slotsOf(stage);
  return worker.slots - worker.usedSlots >= slots || (slots === 1 && mayQueue(worker, limits.queuedPerSlotMax));
}

function isSame(attempt: Attempt, name: RunningAttempt): boolean {
  return attempt.job.id === name.job && attempt.stage.id === name.stage && attempt.task === name.task;
}

function isTask(stage: StageRun, task: number): boolean {
  return stage.table !== null && task >= 0 && task < stage.table.count;
}

interface Back {
  readonly kept: ReadonlySet<AttemptId>;
  readonly moved: boolean;
}

/** What the worker had, by our books, and has no more: attempts are lost, outputs are nowhere. What it has may have moved with it. */
function forgetMissing(turn: Turn, worker: WorkerRun, { kept, moved }: Back): void {
  for (const attempt of [...worker.attempts]) {
    if (!kept.has(attempt.id)) loseAttempt(turn, attempt, `${worker.id} came back without it`);
  }
  for (const job of turn.state.jobs.values()) {
    for (const stage of job.stages) if (stage.outputsOn.has(worker.index)) compare(turn, worker, { job, stage, back: { kept, moved } });
  }
}

function compare(
  turn: Turn,
  worker: WorkerRun,
  { job, stage, back }: { readonly job: JobRun; readonly stage: StageRun; readonly back: Back },
): void {
  const table = tableOf(stage);
  for (let task = 0; task < table.count; task++) {
    if (table.worker[task] !== worker.index || taskState(stage, task) !== 'committed') continue;
    const ref: TaskRef = { job, stage, task };
    if (!back.kept.has(found(table.winner(task), 'attempt'))) {
      place(turn, ref, nowhere);
      tell(turn, ref, `${worker.id} came back without its outputs`);
      turn.touched.add(job);
    } else if (back.moved) {
      announce(turn, ref);
    }
  }
}

/** An attempt that goes on may have missed where its inputs moved. */
function refresh(turn: Turn, attempt: Attempt): void {
  openJobOn(turn, attempt.worker, attempt.job);
  sendLocations(turn, attempt.worker, attempt);
}
