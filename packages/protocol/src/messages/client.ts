// The conversation of a client (submit, run, watch …) and the coordinator, over one WebSocket; requests carry a number of
// the client's and are answered with it. What a person asks once (jobs, status, counters, workers, health) is JSON over HTTP.

import type { Failure } from '../failures.ts';
import type { JobId } from '../ids.ts';
import type { StageMeasures } from './measures.ts';
import type { Outline } from './outline.ts';

export interface Submission {
  /** Made by the client: a submission repeated after a lost connection is the same job. */
  readonly job: JobId;
  readonly name: string;
  /** sha256 of the bundle and of its source map, both uploaded before: PUT /blobs/SHA256. */
  readonly bundle: string;
  readonly sourceMap: string | null;
  readonly graph: string;
  readonly params: Uint8Array;
  /** Relative paths of the job are relative to this folder of the submitter. */
  readonly cwd: string;
  readonly overwrite: boolean;
  /** `from.items` inputs, materialised: `stage.input` → spool. */
  readonly spools: { readonly [stageInput: string]: { readonly sha256: string; readonly items: number; readonly bytes: number } };
  /** What the job ships, uploaded before. Absent: nothing. */
  readonly files?: { readonly [name: string]: { readonly sha256: string; readonly bytes: number } };
  /** The plan in words, for those who ask how the job does. */
  readonly outline?: Outline;
}

export type ClientMessage =
  | { readonly type: 'client-hello'; readonly protocol: number; readonly version: string }
  | { readonly type: 'submit'; readonly request: number; readonly submission: Submission }
  | { readonly type: 'cancel'; readonly request: number; readonly job: JobId; readonly reason: string }
  /** Answers with `status` now and then after each change, at most four times a second, and at the end. */
  | { readonly type: 'watch'; readonly request: number; readonly job: JobId };

export type ServerMessage =
  | { readonly type: 'client-welcome'; readonly epoch: number; readonly version: string }
  | { readonly type: 'refused'; readonly code: string; readonly message: string; readonly retry: boolean }
  | { readonly type: 'submitted'; readonly request: number; readonly job: JobId }
  | { readonly type: 'rejected'; readonly request: number; readonly kind: 'usage' | 'failed' | 'unknown-job'; readonly failure: Failure }
  | { readonly type: 'status'; readonly request: number; readonly status: JobStatus }
  | { readonly type: 'note'; readonly request: number; readonly note: JobNote };

export type JobState = 'queued' | 'running' | 'committing' | 'succeeded' | 'failed' | 'cancelled';

/** What `status --json` prints, and what progress is drawn from. */
export interface JobStatus {
  readonly id: JobId;
  readonly name: string;
  readonly state: JobState;
  readonly stages: readonly StageStatus[];
  readonly counters: { readonly [name: string]: number };
  /** Output folders, absolute; that of the dead letters is not among them. */
  readonly output: readonly string[];
  /** Of a job with `onError`: how many records were skipped so far, and the folder of their dead letters. */
  readonly skipped?: { readonly records: number; readonly deadLetters: string };
  /** What the plan answers, once the job has succeeded: lists of records in the value codec. Too old ones are forgotten. */
  readonly answers?: { readonly [name: string]: { readonly gives: 'records' | 'number'; readonly records: Uint8Array } };
  readonly error: Failure | null;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export interface StageStatus {
  readonly name: string;
  /** null while the count is not known. */
  readonly total: number | null;
  readonly done: number;
  readonly running: number;
  readonly failed: number;
  readonly records: number;
  readonly bytes: number;
  /** What its committed tasks came to; absent while there are none. */
  readonly measured?: StageMeasures;
}

/** Something a watcher is told as it happens: a failed attempt, a lost worker, a task that runs again. */
export interface JobNote {
  readonly at: number;
  readonly kind: 'attempt-failed' | 'worker-lost' | 'task-reassigned' | 'output-lost' | 'adopted' | 'committing';
  readonly text: string;
  readonly failure: Failure | null;
}
