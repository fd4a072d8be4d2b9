// What a fetch is, whatever carries it: bytes of an output, asked of the worker that has it, in pieces. HTTP is one transport,
// the relay through the coordinator another; fetch-routes.ts chooses. What was received before a failure counts: whoever asked
// goes on behind it.

import type { WorkerId } from '@sheaf/protocol';
import type { OutputName } from '@sheaf/protocol/messages';
import type { ByteRange } from '../data/read-ranges.ts';

/** The worker that has an output. */
export interface OutputOwner {
  readonly worker: WorkerId;
  /** `host:port` of its shuffle server; null: it has none. */
  readonly address: string | null;
}

export interface FetchRequest {
  readonly owner: OutputOwner;
  readonly output: OutputName;
  /** Size of the whole output. An owner whose output has another size has another output. */
  readonly bytes: number;
  /** What is wanted of it: not empty, at most `fetchBytesMax`. */
  readonly range: ByteRange;
  readonly signal: AbortSignal;
}

/** Bytes that follow those given before, and which way they came. */
export interface FetchedPiece {
  readonly bytes: Uint8Array;
  readonly way: FetchWay;
}

export type FetchWay = 'direct' | 'relayed';

export interface FetchTransport {
  /** Gives the bytes of the range in order. Throws HttpAnswer, FetchProblem, or an error that may be gone the next time. */
  read(request: FetchRequest): AsyncIterable<FetchedPiece>;
}

/** A fetch that failed, and what asking again may bring: nothing, something soon, or something once others are done. */
export class FetchProblem extends Error {
  readonly hope: 'never' | 'soon' | 'later';
  constructor(message: string, hope: FetchProblem['hope']) {
    super(message);
    this.name = 'FetchProblem';
    this.hope = hope;
  }
}
