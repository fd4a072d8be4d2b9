// Which task a worker gets next: one pure policy. First come first served among jobs; within a job lower stages first, tasks in
// index order; a task that failed or was lost on this very worker is left to another one, while another one has room for it.

import { openStages } from './job-runs.ts';
import { mayQueue, queueDepth } from './queueing.ts';
import type { JobRun, SchedulerState, StageRun, WorkerRun } from './state.ts';
import { slotsOf, type TaskRef, tableOf } from './transitions.ts';

/** A worker may be passed over by so many tasks before the search ends: one that fails everything must not slow the others down. */
const passedOverMax = 64;

export interface Pool {
  readonly now: number;
  readonly jobs: Iterable<JobRun>;
  /** Workers that have room for a task of one slot. */
  readonly roomy: readonly WorkerRun[];
}

/** The next task for the worker, or null when nothing fits it. */
export function pick(pool: Pool, worker: WorkerRun): TaskRef | null {
  for (const job of pool.jobs) {
    for (const stage of openStages(job)) {
      if (!fits(pool.now, worker, { job, stage })) continue;
      const task = pickTask(pool, worker, { job, stage });
      if (task !== -1) return { job, stage, task };
    }
  }
  return null;
}

/** The next task that may wait on the worker, of the stage whose turn it is; null when that one's tasks are not for waiting, or not there. */
export function pickToQueue(state: SchedulerState, worker: WorkerRun): TaskRef | null {
  for (const job of state.jobs.values()) {
    for (const stage of openStages(job)) {
      const { ready } = tableOf(stage);
      if (ready.size === 0 || !mayRun(state.now, worker, { job, stage })) continue;
      if (!mayQueue(worker, queueDepth(state, stage))) return null;
      const task = ready.next(0);
      // One with a story waits for a free slot, where it may be left to another worker.
      return stage.troubles.has(task) ? null : { job, stage, task };
    }
  }
  return null;
}

function pickTask(pool: Pool, worker: WorkerRun, { job, stage }: { readonly job: JobRun; readonly stage: StageRun }): number {
  const { ready } = tableOf(stage);
  let passedOver = 0;
  for (let task = ready.next(0); task !== -1 && passedOver < passedOverMax; task = ready.next(task + 1)) {
    if (stage.troubles.get(task)?.worker !== worker.index) return task;
    if (!pool.roomy.some(other => other !== worker && fits(pool.now, other, { job, stage }))) return task;
    passedOver++;
  }
  return -1;
}

/** Whether the worker may run a task of this stage now. */
export function fits(now: number, worker: WorkerRun, { job, stage }: { readonly job: JobRun; readonly stage: StageRun }): boolean {
  return hasRoom(now, worker) && worker.slots - worker.usedSlots >= slotsOf(stage) && mayRun(now, worker, { job, stage });
}

/** Whether the worker may run tasks of this stage, room aside. */
function mayRun(now: number, worker: WorkerRun, { job, stage }: { readonly job: JobRun; readonly stage: StageRun }): boolean {
  if (!isTaking(now, worker)) return false;
  if ((worker.avoided.get(job.id)?.until ?? 0) > now) return false;
  return (stage.spec.resources?.labels ?? []).every(label => worker.labels.includes(label));
}

/** Whether the worker may run anything now. */
export function hasRoom(now: number, worker: WorkerRun): boolean {
  return isTaking(now, worker) && worker.usedSlots < worker.slots;
}

function isTaking(now: number, worker: WorkerRun): boolean {
  return worker.state === 'connected' && !worker.draining && worker.rest.until <= now;
}
