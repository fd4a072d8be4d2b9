// What the scheduler asks of its shell, in the imperative. A command returns nothing: its outcome, if it has one, is an event.
// The shell carries commands out in the order given, over all steps: what comes after a `journal` waits until its records are
// on disk. So nothing is sent, answered or published that a crash could take back.

import type { JobId, OutputId, SessionId } from '@sheaf/protocol';
import type { CoordinatorMessage, JobNote, JobStatus, OutputPart } from '@sheaf/protocol/messages';
import type { JournalRecord } from './records.ts';

/** The messages of the control protocol that the scheduler decides on; `refused`, `read-log` and what is relayed are the shell's. */
export type WorkerOrder = Exclude<CoordinatorMessage, { readonly type: 'refused' | 'read-log' | 'fetch' | 'fetched' }>;

/** What has become of a request to cancel. */
export type CancelVerdict = 'cancelling' | 'too-late' | 'ended' | 'unknown-job';

export interface PartsOfOutput {
  readonly output: OutputId;
  /** Of the tasks of the stage that writes it, in task order: one per task, or as many as it has folders. The i-th of a folder becomes its `part-i`. */
  readonly parts: readonly OutputPart[];
}

export type SchedulerCommand =
  /** Make these durable before anything that follows. */
  | { readonly type: 'journal'; readonly records: readonly JournalRecord[] }
  | { readonly type: 'send'; readonly session: SessionId; readonly message: WorkerOrder }
  /** Close the connection: the worker was silent, or a newer session of it has come. What still arrives from it is fenced. */
  | { readonly type: 'end-session'; readonly session: SessionId; readonly reason: string }
  /** Ends in `outputs-published` or `publish-failed`. May be asked for again after a restart, so it must be repeatable. */
  | { readonly type: 'publish-outputs'; readonly job: JobId; readonly outputs: readonly PartsOfOutput[] }
  /** Remove the job's staging. Ends in `outputs-aborted`. May be asked for again after a restart. */
  | { readonly type: 'abort-outputs'; readonly job: JobId }
  | { readonly type: 'answer-cancel'; readonly request: number; readonly job: JobId; readonly verdict: CancelVerdict }
  /** For whoever watches the job. */
  | { readonly type: 'note-job'; readonly job: JobId; readonly note: JobNote }
  /** The job is over and this is its last status; blobs that only it used may go. */
  | { readonly type: 'job-ended'; readonly job: JobId; readonly status: JobStatus }
  /** For the log: something arrived too late, or twice, and was dropped. */
  | { readonly type: 'log-fenced'; readonly session: SessionId; readonly what: string };
