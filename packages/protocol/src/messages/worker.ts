// The conversation of a worker and its coordinator. Ordered, over one WebSocket, several messages in a frame; all after `welcome` belong to
// that session, and what arrives for another session, epoch or a closed attempt is fenced: dropped and logged.
//
//   worker                                coordinator
//     hello ──────────────────────────────▶  token, version checked; finished outputs matched with the journal
//     ◀────────────── welcome | refused      which outputs to keep, which attempts still count
//     ◀────────────────────── open-job       once per job and worker: bundle, params, graph; fetched over HTTP
//     ◀────────── locations, assign …        locations of an edge precede the first task that reads it
//     progress, heartbeat ────────────────▶
//     succeeded | failed ─────────────────▶  journalled and fsynced, then
//     ◀──────────────────── accepted         the worker may forget the message (until then it is sent again after a reconnect)
//     ◀─────────────────────── release       outputs of finished stages that nobody needs any more are deleted
//     ◀──────── cancel-attempt, close-job
//     fetch ──▶ … ◀── fetched             bytes of another worker's map output, when that worker cannot be reached (relay.ts)
//     ◀── fetch … fetched ──▶             the same, for the worker that has the output
//
// What the worker relies on, and what is relied on of it:
// - `accepted` and `cancel-attempt` both close an attempt: the worker forgets it and what it had to say of it. After
//   `accepted` of a success it keeps the outputs until `release` or `close-job`; after `cancel-attempt` it kills and deletes everything.
// - `open-job` and the first `assign` of the job may arrive together. When opening fails, `job-opened` with the failure
//   answers for all attempts of the job that were assigned before or come before the next `open-job`: the worker drops them
//   without a word, forgets the job, and may be told `open-job` again later.
// - A reconnecting worker keeps running what it ran; it lists it in the next hello's `running` and kills what `resume` does
//   not name. An attempt that ended without having been accepted is listed there too, and if resumed its end is sent again.
// - After `welcome` a job of which neither `keep` nor `resume` names an attempt is as if closed; it may be opened again.
// - `locations` for a task replaces what was said of that task before, for attempts that already run as well.
// - A hello with a worker's id ends that worker's older session: the newer connection wins.

import type { Failure } from '../failures.ts';
import type { AttemptId, EdgeId, JobId, SessionId, StageId, TaskIndex, WorkerId } from '../ids.ts';
import type { ChunkAnswer, OutputChunk } from './relay.ts';
import type { OutputLocation, TaskAssignment, TaskResult } from './task.ts';

/** The full name of an attempt: whoever gets it can judge it without remembering its assignment. */
export interface AttemptName {
  readonly job: JobId;
  readonly stage: StageId;
  readonly task: TaskIndex;
  readonly attempt: AttemptId;
}

/** A finished, accepted attempt whose outputs a returning worker still has, verified. At most `limits.heldAttemptsMax` are offered. */
export interface HeldAttempt extends AttemptName {
  /** Hash of the run file on each edge. */
  readonly hashes: { readonly [edge: EdgeId]: string };
}

/** An attempt whose end has not been accepted: it runs, or it ended and the message about it will be sent again. */
export interface RunningAttempt extends AttemptName {
  /** `number` and `generation` of its assignment. */
  readonly number: number;
  readonly generation: number;
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
      /** `host:port` where this worker serves its map outputs; null: it listens nowhere, and they are had over this link. */
      readonly address: string | null;
      /** Absolute path of the folder with its map outputs, laid out as `outputPath` says. */
      readonly directory: string;
      /** Map outputs finished in an earlier life, before a lost connection or before a coordinator's crash. */
      readonly held: readonly HeldAttempt[];
      readonly running: readonly RunningAttempt[];
    }
  | { readonly type: 'heartbeat'; readonly running: number }
  | { readonly type: 'progress'; readonly attempts: readonly AttemptProgress[] }
  | ({ readonly type: 'succeeded'; readonly result: TaskResult } & AttemptName)
  | ({ readonly type: 'failed'; readonly failure: Failure; readonly durationMs: number } & AttemptName)
  | { readonly type: 'job-opened'; readonly job: JobId; readonly failure: Failure | null }
  | { readonly type: 'draining' }
  | { readonly type: 'log-lines'; readonly request: number; readonly text: string }
  /** Bytes of a map output of another worker. Answered by `fetched`. */
  | ({ readonly type: 'fetch'; readonly request: number; readonly worker: WorkerId } & OutputChunk)
  /** Answers the coordinator's `fetch` of that number. */
  | { readonly type: 'fetched'; readonly request: number; readonly answer: ChunkAnswer };

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
  /** Nobody needs the outputs of these stages: those of attempts up to `upTo` are deleted, here and as they were fetched from others. */
  | { readonly type: 'release'; readonly job: JobId; readonly stages: readonly StageId[]; readonly upTo: AttemptId }
  /** Kill what runs, delete all files of the job. */
  | { readonly type: 'close-job'; readonly job: JobId }
  | { readonly type: 'read-log'; readonly request: number; readonly attempt: AttemptId; readonly bytesMax: number }
  /** Another worker wants bytes of a map output that is here. Answered by `fetched`. */
  | ({ readonly type: 'fetch'; readonly request: number } & OutputChunk)
  /** Answers the worker's `fetch` of that number. */
  | { readonly type: 'fetched'; readonly request: number; readonly answer: ChunkAnswer }
  /** Finish nothing more: hand back running attempts with E_DRAINED and end. */
  | { readonly type: 'drain' };

/** What travels between two workers through the coordinator: the business of the shells, not of scheduler and agent. */
export type RelayMessage = Extract<CoordinatorMessage, { readonly type: 'fetch' | 'fetched' }>;

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

const fileBlobPrefix = 'file/';

/** What a file of the job is called among its blobs, where no spool is. */
export function fileBlobName(name: string): string {
  return fileBlobPrefix + name;
}

/** The file's own name; null for a blob that is a spool. */
export function nameOfFileBlob(blob: string): string | null {
  return blob.startsWith(fileBlobPrefix) ? blob.slice(fileBlobPrefix.length) : null;
}
