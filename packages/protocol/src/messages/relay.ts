// A fetch as a message: some bytes of a map output, asked for and answered. Over the control links it goes from the worker that
// reads to the coordinator, from there to the worker that has the output, and the answer the same way back: for workers that
// cannot reach each other. The two workers' shuffle over HTTP says the same with a URL. One request is one chunk, so whoever
// asks decides how fast it comes; numbers are the asker's own, and an answer that nobody waits for any more is dropped.

import type { AttemptId, EdgeId, JobId, TaskIndex } from '../ids.ts';

/** Names a map output. Whoever has it looks it up in a table; it is never a path. */
export interface OutputName {
  readonly job: JobId;
  readonly edge: EdgeId;
  readonly task: TaskIndex;
  readonly attempt: AttemptId;
}

/** The bytes [from, from + length) of the output's file; length is at most `limits.relayBytesMax`. */
export interface OutputChunk {
  readonly output: OutputName;
  readonly from: number;
  readonly length: number;
}

export type ChunkAnswer =
  /** All of the chunk; `outputBytes` is the size of the whole output. */
  | { readonly type: 'bytes'; readonly outputBytes: number; readonly bytes: Uint8Array }
  | { readonly type: 'refused'; readonly why: ChunkRefusal };

export type ChunkRefusal =
  /** The owner has no such output, or not these bytes of it. Asking again changes nothing. */
  | 'gone'
  /** Too many fetches are under way, or the coordinator has just started and its workers are coming back. */
  | 'busy'
  /** The owner is not connected to the coordinator. */
  | 'away'
  /** The owner did not answer in time. */
  | 'silent';
