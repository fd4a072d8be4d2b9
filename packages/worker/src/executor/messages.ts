// Between a worker and its executor processes: `process.send` with the 'advanced' serialization, which carries bytes.
// An executor has no network and no credentials: every path it is given is a local or shared file.
//
//   worker                    executor (child process)
//     ◀──────────────── ready    modules are loaded, fixed memory not yet made
//     open-job ─────────────▶    imports the bundle, runs plan(), compares the graph's hash
//     ◀─────────────── opened
//     run ──────────────────▶    attempts in line; one runs at a time, in their order
//     ◀──────────────── ended    in that order, of short ones several at a time
// What of its line it has begun both see in a file of two numbers (line-ledger.ts), also while the executor cannot listen.
// Progress does not use this channel, as the executor may be busy in user code for minutes: it writes lines
// (progress-line.ts) with writeSync to file descriptor `progressFd`, at most once a second.

import type { EdgeId, Failure, JobId } from '@sheaf/protocol';
import type { TaskAssignment, TaskResult } from '@sheaf/protocol/messages';
import type { BlockCodec } from '../data/block-codec.ts';
import type { LocalOutputs } from './local-outputs.ts';

/** In the child: stdin is closed, stdout and stderr are the user's prints, 3 is the IPC channel, 4 this pipe. */
export const progressFd = 4;
/** The ledger of its line. */
export const ledgerFd = 5;

export interface ExecutorJob {
  readonly job: JobId;
  readonly name: string;
  /** The bundle as an .mjs file; its source map lies beside it as `PATH.map`, if there is one. */
  readonly bundlePath: string;
  readonly graph: string;
  readonly graphHash: string;
  readonly params: Uint8Array;
  /** `stage.input` of an items input → path of its spool. */
  readonly spools: { readonly [stageInput: string]: string };
  /** What the job ships: name → path. Absent: nothing. */
  readonly files?: { readonly [name: string]: string };
}

export interface ExecutorTask {
  readonly assignment: TaskAssignment;
  /** For each edge into the stage: one per producer task, in task order. */
  readonly sources: { readonly [edge: EdgeId]: LocalOutputs };
  /** A folder for the attempt's spills and finished run files (`edge-N.run`), made when it is needed; the worker deletes it when it no longer is. */
  readonly directory: string;
  /** The pack for its runs when all of them are small, which this executor alone writes to. Absent: each has a file. */
  readonly pack?: { readonly number: number; readonly path: string };
  /** What the blocks of its run files are packed with. Default 'raw'. */
  readonly codec?: BlockCodec;
}

/** A task in line. */
export interface LinedUpTask {
  /** Counts up over all that this executor is given. */
  readonly turn: number;
  readonly task: ExecutorTask;
}

export type ToExecutor =
  | { readonly type: 'open-job'; readonly job: ExecutorJob }
  | { readonly type: 'run'; readonly tasks: readonly LinedUpTask[] };

/** Named by the turn: what was withdrawn may have been given again before that is known here. */
export type TurnEnd = { readonly turn: number } & (
  | { readonly type: 'succeeded'; readonly result: TaskResult }
  | { readonly type: 'failed'; readonly failure: Failure }
  /** Was withdrawn before it began, and did not. */
  | { readonly type: 'dropped' }
);

export type FromExecutor =
  | { readonly type: 'ready' }
  | { readonly type: 'opened'; readonly job: JobId; readonly failure: Failure | null }
  | { readonly type: 'ended'; readonly ends: readonly TurnEnd[] };
