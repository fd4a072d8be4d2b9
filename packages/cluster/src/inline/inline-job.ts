// A job that is run in this one process, and what whoever runs it is told.

import type { FailureError, JobId } from '@sheaf/protocol';
import type { JobStatus } from '@sheaf/protocol/messages';
import type { LoadedJob, TaskHost } from '@sheaf/worker/executor';

export interface InlineJob {
  readonly id: JobId;
  /** The job with its functions; its memory is used for one task after another. */
  readonly job: LoadedJob;
  /** Relative paths of the job are relative to this folder. */
  readonly cwd: string;
  readonly overwrite: boolean;
  /** `stage.input` of an items input → its spool. */
  readonly spools: { readonly [stageInput: string]: { readonly path: string; readonly items: number; readonly bytes: number } };
  /** For run files; made, and removed at the end. */
  readonly directory: string;
  readonly log: TaskHost['log'];
  /** After each task, and about once a second within one. */
  readonly onStatus?: (status: JobStatus) => void;
  /** Told of the error that fails the job, with what was thrown as its cause. */
  readonly onFailure?: (error: FailureError) => void;
  /** Ends the run between two tasks. */
  readonly signal?: Pick<AbortSignal, 'aborted'>;
}
