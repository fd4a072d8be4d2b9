// A job that did not succeed, as `run` tells it to a program. What is in it are values, so that nothing of the runner is needed to
// read them.

import type { Failure, FailureCode, RecordPlace } from '@sheaf/protocol';

/** The job failed, or was cancelled by someone else; `message` is the whole report, as the command line prints it. */
export class JobError extends Error {
  /** The job's id: what `sheaf logs` and `sheaf story` take. */
  readonly id: string;
  /** A stable code, such as E_USER_CODE or E_BAD_RECORD. */
  readonly code: FailureCode | 'E_CANCELLED';
  /** What went wrong, alone: for an error of the job's own the text of what was thrown, with its class. */
  readonly text: string;
  /** Which record it was about, where it was about one. */
  readonly record: RecordPlace | null;
  /** FILE:LINE:COLUMN of the innermost line of the job's own; null when none is known. */
  readonly place: string | null;

  constructor(told: { readonly id: string; readonly message: string; readonly failure: Failure | null; readonly cause?: unknown }) {
    super(told.message, told.cause === undefined ? {} : { cause: told.cause });
    this.name = 'JobError';
    this.id = told.id;
    this.code = told.failure?.code ?? 'E_CANCELLED';
    this.text = told.failure?.message ?? told.message;
    this.record = told.failure?.record ?? null;
    this.place = /\(?([^\s()]+:\d+:\d+)\)?$/m.exec(told.failure?.stack ?? '')?.[1] ?? null;
  }
}
