// All that the agent knows. `step` changes it in place; nothing else writes to it.
// What must stay true between two events is in invariants.ts. Times are those of events; no field depends on a clock.

import type { AttemptId, EdgeId, Failure, JobId, LastSeen, SessionId, StageId, TaskIndex, WorkerId } from '@sheaf/protocol';
import type { HeldAttempt, JobOpening, TaskAssignment, TaskResult } from '@sheaf/protocol/messages';
import type { AgentCommand, ExecutorId, LinkId } from './commands.ts';
import type { JobSettings } from './events.ts';
import type { LocationTable } from './location-table.ts';
import type { AttemptState, ExecutorState } from './states.ts';

export interface AgentConfig {
  readonly worker: WorkerId;
  readonly protocol: number;
  readonly version: string;
  /** The machine: equal strings mean that files may be opened by path. */
  readonly host: string;
  readonly pid: number;
  readonly slots: number;
  readonly labels: readonly string[];
  /** `host:port` of the shuffle server; null: there is none. */
  readonly address: string | null;
  /** Folder of the map outputs. */
  readonly directory: string;
  /** Heap of executors that are started before a job is known. */
  readonly blankHeapMb: number;
  /** How many of those, at most. */
  readonly blanksMax: number;
  /** It ends with its job: none is started for another to come. Absent: it does not. */
  readonly forOneJob?: boolean;
}

export interface AgentState {
  readonly config: AgentConfig;
  connection: Connection;
  linksMade: number;
  /** The highest epoch that welcomed this worker: a coordinator of a lower one has been replaced, and is not obeyed. */
  epoch: number;
  readonly jobs: Map<JobId, Job>;
  readonly attempts: Map<AttemptId, Attempt>;
  /** Attempts that are not finished, in order of assignment: queued, localising, ready, running, stopping. */
  readonly pending: Set<Attempt>;
  /** Attempts whose result has not been accepted by the coordinator, in order of finishing. */
  readonly unreported: Set<Attempt>;
  readonly executors: Map<ExecutorId, Executor>;
  executorsMade: number;
  /** Executors that failed to start, one after the other. */
  startFailures: number;
  /** After a failure none is started before this time; null when nothing is in the way. */
  startsBlockedUntil: number | null;
  /** When the first attempt that has patience loses it; null: none has. */
  patientUntil: number | null;
  draining: boolean;
  ended: boolean;
}

export type Connection =
  /** `failures`: connections in a row that were not welcomed. */
  | { readonly type: 'disconnected'; readonly failures: number; readonly retryAt: number }
  | { readonly type: 'connecting'; readonly failures: number; readonly link: LinkId }
  /** `hello` is sent. */
  | { readonly type: 'greeting'; readonly failures: number; readonly link: LinkId; readonly deadline: number }
  | { readonly type: 'closing'; readonly failures: number; readonly link: LinkId }
  | {
      readonly type: 'welcomed';
      readonly link: LinkId;
      readonly session: SessionId;
      readonly epoch: number;
      heartbeatAt: number;
      progressAt: number;
    };

export type JobState =
  /** Nothing but outputs of an earlier life are known of it. */
  | 'remembered'
  | 'preparing'
  | 'open'
  /** Its executors are being killed; then its folder is deleted. */
  | 'closing';

export interface Job {
  readonly id: JobId;
  state: JobState;
  /** Only while open. */
  settings: JobSettings | null;
  /** While closing: the coordinator has opened it anew, and it is prepared again once its folder is gone. */
  reopening: JobOpening | null;
  /** What tasks of each stage took of late. */
  readonly usualMs: Map<StageId, number>;
  /** Where the outputs of each edge can be had. */
  readonly locations: Map<EdgeId, LocationTable>;
}

export interface Attempt {
  readonly id: AttemptId;
  readonly job: JobId;
  readonly stage: StageId;
  readonly task: TaskIndex;
  /** null in `held`, where it is not needed any more, and for an attempt of an earlier life of this worker. */
  assignment: TaskAssignment | null;
  readonly assignedAt: number;
  state: AttemptState;
  /** The states it has been in, for the message of an assertion. */
  readonly story: string[];
  /** Set exactly while it is in the line of an executor that lives, also after it ended otherwise. */
  executor: ExecutorId | null;
  /** Its folder may exist. */
  hasFiles: boolean;
  startedAt: number;
  /** When records or bytes last changed. */
  progressedAt: number;
  records: number;
  bytes: number;
  /** How far it was when it last said so; null: it never did. */
  lastSeen: LastSeen | null;
  /** Progress that the coordinator has not been told. */
  progressDue: boolean;
  /** Only in `succeeded`. */
  result: TaskResult | null;
  /** Only in `failed`. */
  failure: Failure | null;
  durationMs: number;
  /** Hash of the finished run file on each edge, in `succeeded` and `held`; empty for a task without map outputs. */
  hashes: { readonly [edge: EdgeId]: string };
}

export interface Executor {
  readonly id: ExecutorId;
  readonly heapMb: number;
  state: ExecutorState;
  /** The job whose code it has loaded, or is about to load; it never serves another. */
  job: JobId | null;
  /** What it was given and has not answered, in the order in which it runs it; while stopping, what is waited for. */
  line: Attempt[];
  /** What of its line it is busy with, as far as is known; null while idle. */
  current: Attempt | null;
  /** `withdraw-line` was commanded: nothing is added to the line before it is empty. */
  isWithdrawn: boolean;
  idleSince: number;
}

/** One call of `step`: what it works on and what it has decided so far. */
export interface Turn {
  readonly state: AgentState;
  readonly at: number;
  readonly commands: AgentCommand[];
}

/** A fresh agent. `held` are outputs found on disk from an earlier life. */
export function createAgent(config: AgentConfig, held: readonly HeldAttempt[] = []): AgentState {
  const state: AgentState = {
    config,
    connection: { type: 'disconnected', failures: 0, retryAt: Number.POSITIVE_INFINITY },
    linksMade: 0,
    epoch: 0,
    jobs: new Map(),
    attempts: new Map(),
    pending: new Set(),
    unreported: new Set(),
    executors: new Map(),
    executorsMade: 0,
    startFailures: 0,
    startsBlockedUntil: null,
    patientUntil: null,
    draining: false,
    ended: false,
  };
  for (const finished of held) {
    if (!state.jobs.has(finished.job)) state.jobs.set(finished.job, createJob(finished.job, 'remembered'));
    state.attempts.set(finished.attempt, { ...createAttempt(finished, 0), state: 'held', hasFiles: true, hashes: finished.hashes });
  }
  return state;
}

export function createJob(id: JobId, state: JobState): Job {
  return { id, state, settings: null, reopening: null, usualMs: new Map(), locations: new Map() };
}

/** An attempt in its first state. */
export function createAttempt(of: TaskAssignment | HeldAttempt, at: number): Attempt {
  return {
    id: of.attempt,
    job: of.job,
    stage: of.stage,
    task: of.task,
    assignment: 'split' in of ? of : null,
    assignedAt: at,
    state: 'queued',
    story: [],
    executor: null,
    hasFiles: false,
    startedAt: at,
    progressedAt: at,
    records: 0,
    bytes: 0,
    lastSeen: null,
    progressDue: false,
    result: null,
    failure: null,
    durationMs: 0,
    hashes: {},
  };
}
