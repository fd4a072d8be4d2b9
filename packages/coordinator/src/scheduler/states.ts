// The states of jobs, tasks, attempts and workers, and every legal way from one to the next.
//
//   task     pending ──▶ running ──▶ committed ──▶ pending (its outputs were lost)
//               ▲           │
//               └─ delayed ◀┘
//   attempt  running ──▶ succeeded | failed | lost | cancelled
//   job      queued ──▶ running ──▶ committing ──▶ succeeded
//               └──────────┴────────────┴───▶ aborting ──▶ failed | cancelled
//   worker   connected ◀──▶ away ──▶ lost ──▶ connected

export type TaskState =
  /** May be assigned when the stage may run. */
  | 'pending'
  /** Failed not long ago; becomes pending in time. */
  | 'delayed'
  /** Has at least one attempt that runs. */
  | 'running'
  /** One of its attempts counts, and its outputs are to be had. */
  | 'committed';

/** A state's code in a task table is its index here; tasks begin as pending, which is 0. */
export const taskStates: readonly TaskState[] = ['pending', 'delayed', 'running', 'committed'];

export const taskTransitions: { readonly [from in TaskState]: readonly TaskState[] } = {
  // To committed: its outputs came back with their worker, or the journal says so.
  pending: ['running', 'committed'],
  delayed: ['pending', 'running', 'committed'],
  running: ['pending', 'delayed', 'committed'],
  committed: ['pending'],
};

export type AttemptState = 'running' | 'succeeded' | 'failed' | 'lost' | 'cancelled';

export const attemptTransitions: { readonly [from in AttemptState]: readonly AttemptState[] } = {
  running: ['succeeded', 'failed', 'lost', 'cancelled'],
  succeeded: [],
  failed: [],
  lost: [],
  cancelled: [],
};

export type JobPhase = 'queued' | 'running' | 'committing' | 'aborting' | 'succeeded' | 'failed' | 'cancelled';

export const jobTransitions: { readonly [from in JobPhase]: readonly JobPhase[] } = {
  queued: ['running', 'committing', 'aborting'],
  running: ['committing', 'aborting'],
  committing: ['succeeded', 'aborting'],
  aborting: ['failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

export type WorkerState = 'connected' | 'away' | 'lost';

export const workerTransitions: { readonly [from in WorkerState]: readonly WorkerState[] } = {
  connected: ['away', 'lost'],
  away: ['connected', 'lost'],
  lost: ['connected'],
};
