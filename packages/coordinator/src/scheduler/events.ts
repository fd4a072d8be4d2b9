// What the scheduler is told, in the past tense. Every event carries its time and, in words, its cause.
// `at` is in milliseconds since 1970 and never goes back within a coordinator's life (wall time at its start + a monotonic clock).
// Events of a session, attempt or job that no longer counts are fenced: they change nothing.

import type { Failure, JobId, SessionId, WorkerId } from '@sheaf/protocol';
import type { TaskPlan } from '@sheaf/protocol/graph';
import type { AttemptName, AttemptProgress, HeldAttempt, JobOpening, RunningAttempt, TaskResult } from '@sheaf/protocol/messages';

/** All that the scheduler keeps of a submission. Journalled as it is: plain data, and bytes. */
export interface JobFacts {
  readonly id: JobId;
  readonly name: string;
  /** Sent to each worker that runs a task of the job. `opening.graph` is the JSON text of the stage graph, already checked. */
  readonly opening: JobOpening;
  readonly plan: TaskPlan;
  /** For each output of the graph, the staging folder. */
  readonly staging: { readonly [output: number]: string };
  /** The output folders, absolute: what JobStatus shows. */
  readonly output: readonly string[];
  /** The job itself set `attempts`: two equal failures then do not end it early. */
  readonly attemptsGiven: boolean;
  readonly overwrite: boolean;
  /** JSON of what the submitter says of the plan, for people: never read here. */
  readonly outline?: string;
  readonly submittedAt: number;
}

export interface JoinedWorker {
  readonly id: WorkerId;
  readonly host: string;
  readonly pid: number;
  readonly slots: number;
  readonly labels: readonly string[];
  readonly address: string | null;
  readonly directory: string;
}

interface Told {
  readonly at: number;
  readonly cause: string;
}

/** What a worker did; `session` is the connection it came over. */
interface FromWorker extends Told {
  readonly session: SessionId;
}

export type SchedulerEvent =
  /** First event of a coordinator's life, after the journal was replayed: unfinished commits and aborts are asked for again. */
  | (Told & { readonly type: 'coordinator-started' })
  /** Planned, its output checked. A job that is known already changes nothing. */
  | (Told & { readonly type: 'job-submitted'; readonly job: JobFacts })
  /** Answered by `answer-cancel` with the same request. */
  | (Told & { readonly type: 'cancel-requested'; readonly job: JobId; readonly request: number; readonly reason: string })
  /** A hello that passed token and version. The shell makes the session's id; an older session of the same worker ends. */
  | (FromWorker & {
      readonly type: 'worker-joined';
      readonly worker: JoinedWorker;
      readonly held: readonly HeldAttempt[];
      readonly running: readonly RunningAttempt[];
    })
  | (FromWorker & { readonly type: 'worker-disconnected' })
  /** A heartbeat: the worker is there. Every other event of a session says so as well. */
  | (FromWorker & { readonly type: 'worker-heard' })
  /** The worker said that it is ending: it gets nothing more. */
  | (FromWorker & { readonly type: 'worker-draining' })
  /** Somebody asked for a worker to be drained. */
  | (Told & { readonly type: 'drain-requested'; readonly worker: WorkerId })
  | (FromWorker & { readonly type: 'job-opened-on-worker'; readonly job: JobId; readonly failure: Failure | null })
  | (FromWorker & { readonly type: 'attempts-progressed'; readonly attempts: readonly AttemptProgress[] })
  | (FromWorker & { readonly type: 'attempt-succeeded'; readonly name: AttemptName; readonly result: TaskResult })
  | (FromWorker & { readonly type: 'attempt-failed'; readonly name: AttemptName; readonly failure: Failure })
  /** The outcome of `publish-outputs`. */
  | (Told & { readonly type: 'outputs-published'; readonly job: JobId })
  | (Told & { readonly type: 'publish-failed'; readonly job: JobId; readonly message: string })
  /** The outcome of `abort-outputs`; what could not be removed is the shell's to log. */
  | (Told & { readonly type: 'outputs-aborted'; readonly job: JobId })
  /** `nextWakeAt` has come. A tick that comes early or twice does no harm. */
  | (Told & { readonly type: 'ticked' });
