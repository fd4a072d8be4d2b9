// How a run ended, as plain values: what passes from the runner to the door that a program holds.

import type { OpenedJob } from '@sheaf/job/open';
import type { Failure } from '@sheaf/protocol';
import type { RunOptions } from './run-options.ts';

export type Outcome =
  | {
      readonly type: 'succeeded';
      readonly id: string;
      readonly counters: { readonly [name: string]: number };
      readonly answers: { readonly [name: string]: unknown };
    }
  /** `failure` is null for a job that someone else cancelled; `cause` is what was thrown, where that is known. */
  | {
      readonly type: 'not-succeeded';
      readonly id: string;
      readonly message: string;
      readonly failure: Failure | null;
      readonly cause?: unknown;
    }
  | { readonly type: 'usage'; readonly message: string; readonly cause?: unknown }
  | { readonly type: 'lost-contact'; readonly message: string }
  | { readonly type: 'aborted'; readonly reason: unknown };

/** A call of `run`. */
export interface ProgramRun {
  /** The program's own job: what runs inline. */
  readonly opened: OpenedJob;
  /** Stack of the call that made the job. */
  readonly made: string;
  readonly params: unknown;
  readonly options: RunOptions;
}
