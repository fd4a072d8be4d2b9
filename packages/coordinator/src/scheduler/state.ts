// All that the scheduler knows: jobs with their stages, workers with their sessions, and the attempts that run.
// Committed tasks live in typed arrays (task-table.ts); everything here is small. `checkInvariants` re-derives each count.

import type { AttemptId, Epoch, Failure, JobId, SessionId, WorkerId } from '@sheaf/protocol';
import type { Edge, Stage, StageGraph } from '@sheaf/protocol/graph';
import type { JobStatus } from '@sheaf/protocol/messages';
import type { JobFacts } from './events.ts';
import type { SplitTable } from './split-table.ts';
import type { AttemptState, JobPhase, WorkerState } from './states.ts';
import type { StoryRing } from './story-ring.ts';
import type { TaskTable } from './task-table.ts';

export interface SchedulerState {
  readonly epoch: Epoch;
  /** The time of the last event. */
  now: number;
  /** The last attempt's number in this life. */
  attemptCounter: number;
  /** Unfinished jobs, in the order of submission. */
  readonly jobs: Map<JobId, JobRun>;
  /** The last status of ended jobs, in the order in which they ended: the newest `limits.jobsKeptMax`. */
  readonly ended: Map<JobId, EndedJob>;
  /** By worker index, which task tables refer to; null: free for the next new worker. */
  readonly workers: (WorkerRun | null)[];
  readonly workersById: Map<WorkerId, WorkerRun>;
  /** The current session of each connected worker. */
  readonly sessions: Map<SessionId, WorkerRun>;
  /** All that run, on connected workers or ones that may come back in time. */
  readonly attempts: Map<AttemptId, Attempt>;
  /** Connected workers with a free slot. */
  readonly free: Set<WorkerRun>;
  /** Connected workers with more tasks than slots. */
  readonly queued: Set<WorkerRun>;
  /** Tasks that wait before they are tried again, earliest first. */
  readonly delayed: DelayedTask[];
  /** Until then outputs and attempts that no worker has reported are waited for: a coordinator's start is also its workers' reconnect. */
  locateUntil: number;
  /** No deadline of a worker is earlier; perhaps none is that early, as workers are heard all the time. */
  workersDueAt: number;
  /** What `nextWakeAt` said after the last step. A step much later than that means that this process stood still. */
  wakeAt: number | null;
}

export interface EndedJob {
  readonly status: JobStatus;
  readonly outline?: string | undefined;
  readonly story: StoryRing;
}

/** A job that has not ended. */
export interface JobRun {
  readonly id: JobId;
  readonly facts: Omit<JobFacts, 'plan'>;
  readonly graph: StageGraph;
  readonly graphHash: string;
  readonly stages: readonly StageRun[];
  phase: JobPhase;
  /** What is being done once the job is aborting. */
  abort: { readonly outcome: 'failed' | 'cancelled'; readonly failure: Failure | null } | null;
  startedAt: number | null;
  /** How often a task that ran again gave other bytes. */
  generation: number;
  /** This coordinator has just started, and what workers run of the job is not known before they have come back: nothing is assigned yet. */
  resuming: boolean;
  /** The stages that may run now: `canRun`. Rebuilt when `stale`. */
  open: readonly StageRun[];
  stale: boolean;
  /** Failures to open the job on workers since it was last opened anywhere. */
  opening: Trouble;
  /** Name → column of what user code counts, and the sums over committed tasks. */
  readonly countedNames: Map<string, number>;
  readonly counted: number[];
  readonly story: StoryRing;
  /** Of a job with `onError`: the first bad record, in the order of the input, of the tasks that have committed. */
  firstSkipped: { readonly stage: number; readonly task: number; readonly failure: Failure } | null;
  /** How far the tasks that read have been counted for its limits: those before have all committed. */
  readonly front: { stage: number; task: number; skipped: number; records: number };
}

export interface StageRun {
  readonly id: number;
  readonly spec: Stage;
  readonly into: readonly EdgeEnd[];
  readonly out: readonly EdgeEnd[];
  /** Stages that are counted late and whose splitters this stage makes: it needs their number of tasks. */
  readonly counts: readonly number[];
  readonly splits: SplitTable | null;
  /** As planned: 'later' when the bytes on its edges decide. Where partitions are read together it is their number. */
  readonly planned: number | 'later';
  /** Of a stage whose partitions may be read together: what was sent to it so far, by stretch of partitions. null once it is counted. */
  sized: number[] | null;
  /** The first partition of each task; null: each has the partition of its index. */
  starts: readonly number[] | null;
  /** null while the number of tasks is not known. */
  table: TaskTable | null;
  running: number;
  delayed: number;
  committed: number;
  /** Attempts that failed by themselves. */
  failed: number;
  /** What its tasks took of late, on average; null before the first has committed in this life of the coordinator. */
  usualMs: number | null;
  /** Committed tasks by the worker that has their outputs; `nowhere` too. Empty for a stage that has no outputs on workers. */
  readonly outputsOn: Map<number, number>;
  /** Committed tasks whose outputs no connected worker has. */
  unreachable: number;
  /** All its tasks are committed, and their outputs were deleted because nobody needs them. Ends when one of them is uncommitted. */
  released: boolean;
  /** Tasks that failed or were lost. */
  readonly troubles: Map<number, Trouble>;
  /** Uncommitted tasks whose last outputs a reader could not use, or were made from bytes that no longer count: not to be taken back. */
  readonly outdated: Set<number>;
  readonly live: Map<number, Attempt[]>;
  /** Sums over committed tasks, in the order of `counterNames`. */
  readonly counters: Float64Array;
}

/** An edge, seen from one of its stages. */
export interface EdgeEnd {
  readonly id: number;
  readonly edge: Edge;
  readonly other: number;
}

/** Kills of a task's executors. */
export interface Crashes {
  /** In a row. */
  times: number;
  /** The machine of the first. */
  readonly host: string;
  /** Whether another one was on another machine. */
  elsewhere: boolean;
  /** Tasks of the job that had committed at the first. */
  readonly committed: number;
}

/** What a task (or the opening of a job) has been charged with. */
export interface Trouble {
  own: number;
  lost: number;
  /** Attempts in all: the next one's number is one more. */
  attempts: number;
  /** Index of the worker where it failed last. */
  worker: number;
  /** The last failure of its own: two equal ones are final. */
  signature: string | null;
  /** That its executor was killed, the last times it ran; null: the last time it was something else. */
  crashes: Crashes | null;
  /** Attempts whose failure was taken: a worker that did not hear so will say it again. */
  readonly failed: AttemptId[];
}

export interface Attempt {
  readonly id: AttemptId;
  readonly job: JobRun;
  readonly stage: StageRun;
  readonly task: number;
  readonly number: number;
  readonly worker: WorkerRun;
  readonly assignedAt: number;
  state: AttemptState;
  records: number;
  bytes: number;
}

export interface WorkerRun {
  readonly index: number;
  readonly id: WorkerId;
  state: WorkerState;
  /** null unless connected. */
  session: SessionId | null;
  host: string;
  pid: number;
  slots: number;
  labels: readonly string[];
  address: string | null;
  directory: string;
  draining: boolean;
  lastHeardAt: number;
  /** While away: when it is given up. */
  awayUntil: number;
  /** In the order of their assignment, which is the order in which the worker runs them. */
  readonly attempts: Set<Attempt>;
  /** More than there are slots while short tasks wait. */
  usedSlots: number;
  /** Committed outputs that are on it, over all jobs. */
  outputs: number;
  /** What this session was told: jobs that were opened, and for each edge the end of the location log. */
  readonly told: Map<JobId, Map<number, number>>;
  /** Jobs of which the worker has something in this session, opened or brought back: they must be closed on it. */
  readonly jobs: Set<JobId>;
  /** Jobs that could not be opened here, and until when they are not tried again. */
  readonly avoided: Map<JobId, Rest>;
  /** The worker fails attempts by itself (its disk, its executors): it gets nothing until then. */
  rest: Rest;
}

export interface Rest {
  until: number;
  times: number;
}

export interface DelayedTask {
  readonly dueAt: number;
  readonly job: JobRun;
  readonly stage: StageRun;
  readonly task: number;
}

/** An empty state, for one life of a coordinator. Replay the journal into it, then step it with `coordinator-started`. */
export function createState(epoch: Epoch): SchedulerState {
  return {
    epoch,
    now: 0,
    attemptCounter: 0,
    jobs: new Map(),
    ended: new Map(),
    workers: [],
    workersById: new Map(),
    sessions: new Map(),
    attempts: new Map(),
    free: new Set(),
    queued: new Set(),
    delayed: [],
    locateUntil: 0,
    workersDueAt: Number.POSITIVE_INFINITY,
    wakeAt: null,
  };
}
