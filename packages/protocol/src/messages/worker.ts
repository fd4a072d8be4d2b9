// The conversation of a worker and its coordinator. Ordered, over one WebSocket; every message after `welcome` belongs to
// that session, and what arrives for another session, epoch or a closed attempt is fenced: dropped and logged.
//
//   worker                                coordinator
//     hello ──────────────────────────────▶  token, version checked; finished outputs matched with the journal
//     ◀────────────── welcome | refused      which outputs to keep, which attempts still count
//     ◀────────────────────── open-job       once per job and worker: bundle, params, graph; fetched over HTTP
//     ◀────────── locations, assign …        locations of an edge precede the first task that reads it
//     progress, heartbeat ────────────────▶
//     succeeded | failed ─────────────────▶  journalled and fsynced, then
//     ◀──────────────────── accepted         the worker may forget the message (it is sent again after a reconnect)
//     ◀──────── cancel-attempt, close-job

import type { Failure } from '../failures.ts';
import type { AttemptId, EdgeId, JobId, SessionId, StageId, WorkerId } from '../ids.ts';
import type { MapOutput, OutputLocation, TaskAssignment, TaskResult } from './task.ts';

/** A finished attempt whose outputs a returning worker still has. */
export interface HeldAttempt {
  readonly job: JobId;
  readonly stage: StageId;
  readonly task: number;
  readonly attempt: AttemptId;
  readonly outputs: readonly MapOutput[];
}

export type WorkerMessage =
  | {
      readonly type: 'hello';
      readonly protocol: number;
      readonly version: string;
      readonly worker: WorkerId;
      readonly host: string;
      readonly pid: number;
      readonly slots: number;
      readonly labels: readonly string[];
      /** `host:port` where this worker serves its map outputs. */
      readonly address: string;
      /** Map outputs finished in an earlier life or before a coordinator's crash. */
      readonly held: readonly HeldAttempt[];
      /** Attempts that are still running. */
      readonly running: readonly AttemptId[];
    }
  | { readonly type: 'heartbeat'; readonly running: number }
  | { readonly type: 'progress'; readonly attempts: readonly AttemptProgress[] }
  | { readonly type: 'succeeded'; readonly attempt: AttemptId; readonly result: TaskResult }
  | { readonly type: 'failed'; readonly attempt: AttemptId; readonly failure: Failure; readonly durationMs: number }
  | { readonly type: 'job-opened'; readonly job: JobId; readonly failure: Failure | null }
  | { readonly type: 'draining' }
  | { readonly type: 'log-lines'; readonly request: number; readonly text: string };

export interface AttemptProgress {
  readonly attempt: AttemptId;
  readonly records: number;
  readonly bytes: number;
}

export type CoordinatorMessage =
  | {
      readonly type: 'welcome';
      readonly session: SessionId;
      readonly epoch: number;
      /** Of the hello's held attempts, those that still count; the others' files are deleted. */
      readonly keep: readonly AttemptId[];
      /** Of the hello's running attempts, those that still count; the others are killed. */
      readonly resume: readonly AttemptId[];
    }
  | { readonly type: 'refused'; readonly code: string; readonly message: string; readonly retry: boolean }
  | { readonly type: 'open-job'; readonly job: JobOpening }
  | { readonly type: 'locations'; readonly job: JobId; readonly edge: EdgeId; readonly entries: readonly OutputLocation[] }
  | { readonly type: 'assign'; readonly assignment: TaskAssignment }
  | { readonly type: 'accepted'; readonly attempt: AttemptId }
  /** Kill it if it runs, discard its outputs if it is done. */
  | { readonly type: 'cancel-attempt'; readonly attempt: AttemptId; readonly reason: string }
  /** Kill what runs, delete all files of the job. */
  | { readonly type: 'close-job'; readonly job: JobId }
  | { readonly type: 'read-log'; readonly request: number; readonly attempt: AttemptId; readonly bytesMax: number }
  /** Finish nothing more: hand back running attempts with E_DRAINED and end. */
  | { readonly type: 'drain' };

/** All a worker needs of a job, once. Bundle and spools are fetched by hash over HTTP: GET /blobs/SHA256. */
export interface JobOpening {
  readonly job: JobId;
  readonly name: string;
  readonly bundle: string;
  readonly sourceMap: string | null;
  readonly graphHash: string;
  /** JSON text of the graph. */
  readonly graph: string;
  /** Validated parameters in the value codec. */
  readonly params: Uint8Array;
  /** Blobs of `from.items` inputs and of files shipped with the job: name → sha256. */
  readonly blobs: { readonly [name: string]: string };
  /** For each output folder on a file system: a file every worker must read before its first task (E_STORAGE_NOT_SHARED). */
  readonly nonces: readonly { readonly path: string; readonly text: string }[];
}
