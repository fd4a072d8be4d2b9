// What the agent is told. Every event carries its time in milliseconds of a clock that never goes back.
// Events of a link, executor or attempt that the agent no longer knows are ignored: they were on their way when it decided.

import type { AttemptId, Failure, JobId, RecordPlace } from '@sheaf/protocol';
import type { CoordinatorMessage, RelayMessage, TaskResult } from '@sheaf/protocol/messages';
import type { ExecutorId, LinkId } from './commands.ts';

/** What the agent must know of a job's settings. */
export interface JobSettings {
  readonly heapMb: number;
  /** Time without a finished record after which an attempt is given up. */
  readonly taskTimeoutMs: number;
}

/** What the coordinator says to the agent. Bytes that are relayed pass it by. */
export type AgentMessage = Exclude<CoordinatorMessage, RelayMessage>;

interface At {
  readonly at: number;
}

export type AgentEvent =
  /** The shell is ready; sent once, first. */
  | (At & { readonly type: 'started' })
  /** `nextWakeAt` has come. A wake that comes early or twice does no harm. */
  | (At & { readonly type: 'woken' })
  | (At & { readonly type: 'connected'; readonly link: LinkId })
  /** Closed, or never opened. `jitter` is chance in [0, 1), which spreads the reconnects of many workers. */
  | (At & { readonly type: 'disconnected'; readonly link: LinkId; readonly jitter: number })
  | (At & { readonly type: 'message-received'; readonly link: LinkId; readonly message: AgentMessage })
  | (At & { readonly type: 'job-prepared'; readonly job: JobId; readonly settings: JobSettings })
  | (At & { readonly type: 'job-refused'; readonly job: JobId; readonly failure: Failure })
  | (At & { readonly type: 'localised'; readonly attempt: AttemptId })
  | (At & { readonly type: 'localising-failed'; readonly attempt: AttemptId; readonly failure: Failure })
  | (At & { readonly type: 'executor-ready'; readonly executor: ExecutorId })
  /** `failure` is the verdict on `running`, what it had begun last; for an executor that was killed on command it is of no interest. */
  | (At & {
      readonly type: 'executor-exited';
      readonly executor: ExecutorId;
      readonly failure: Failure;
      readonly running: AttemptId | null;
    })
  /** These it will not begin. `running` is what it had begun last. */
  | (At & {
      readonly type: 'line-withdrawn';
      readonly executor: ExecutorId;
      readonly attempts: readonly AttemptId[];
      readonly running: AttemptId | null;
    })
  | (At & { readonly type: 'attempt-succeeded'; readonly attempt: AttemptId; readonly result: TaskResult })
  | (At & { readonly type: 'attempt-failed'; readonly attempt: AttemptId; readonly failure: Failure })
  | (At & {
      readonly type: 'attempt-progressed';
      readonly attempt: AttemptId;
      readonly records: number;
      readonly bytes: number;
      /** The record that it is at. */
      readonly place?: RecordPlace;
    })
  | (At & { readonly type: 'log-read'; readonly request: number; readonly text: string })
  /** The worker is to end: as if the coordinator had sent `drain`. */
  | (At & { readonly type: 'drain-requested' });
