// The workers the scheduler knows: those connected, those that may come back, and lost ones that are remembered while a task
// table still refers to them, as they may come back with its outputs.

import type { JoinedWorker } from './events.ts';
import type { JobRun, SchedulerState, WorkerRun } from './state.ts';
import { nowhere } from './task-table.ts';

/** The worker of this id; a new one starts as lost, with everything else as it says. */
export function knownWorker(state: SchedulerState, facts: JoinedWorker): WorkerRun {
  const known = state.workersById.get(facts.id);
  if (known !== undefined) return known;
  const free = state.workers.indexOf(null);
  const index = free === -1 ? state.workers.length : free;
  const worker: WorkerRun = {
    ...facts,
    index,
    state: 'lost',
    session: null,
    draining: false,
    lastHeardAt: 0,
    awayUntil: 0,
    attempts: new Set(),
    usedSlots: 0,
    outputs: 0,
    told: new Map(),
    jobs: new Set(),
    avoided: new Map(),
    rest: { until: 0, times: 0 },
  };
  state.workers[index] = worker;
  state.workersById.set(worker.id, worker);
  return worker;
}

/** Keeps the sets of workers with a free slot and with a queue true, after a worker's state or its use of slots changed. */
export function noteRoom(state: SchedulerState, worker: WorkerRun): void {
  if (worker.state === 'connected' && worker.usedSlots < worker.slots) state.free.add(worker);
  else state.free.delete(worker);
  if (worker.state === 'connected' && worker.usedSlots > worker.slots) state.queued.add(worker);
  else state.queued.delete(worker);
}

/** A lost worker to which nothing refers is forgotten, and its index free. */
export function forgetIfLost(state: SchedulerState, worker: WorkerRun): void {
  if (worker.state !== 'lost' || worker.outputs > 0) return;
  state.workers[worker.index] = null;
  state.workersById.delete(worker.id);
  // Where a task failed last is only a preference; it must not point at a stranger who gets the index.
  for (const job of state.jobs.values()) {
    for (const stage of job.stages) for (const trouble of stage.troubles.values()) if (trouble.worker === worker.index) trouble.worker = -1;
  }
}

/** The outputs of a job that ended are nobody's concern. */
export function forgetOutputs(state: SchedulerState, job: JobRun): void {
  for (const stage of job.stages) {
    for (const [index, outputs] of stage.outputsOn) {
      const worker = index === nowhere ? null : state.workers[index];
      if (worker) worker.outputs -= outputs;
    }
  }
  for (const worker of state.workersById.values()) {
    worker.avoided.delete(job.id);
    forgetIfLost(state, worker);
  }
}
