// A job file as one module, with what is known of it.

import type { OwnMap } from './own-mappings.ts';

export interface JobBundle {
  /** The job file's name without its ending. */
  readonly name: string;
  /** The job file, absolute. */
  readonly file: string;
  /** An ES module whose default export is an OpenedJob. */
  readonly code: Uint8Array;
  /** Its sources are absolute paths, without their contents. */
  readonly sourceMap: Uint8Array;
  /** What of `sourceMap` is of the user's files. */
  readonly ownMap: OwnMap;
  /** Of `code`, in hex. */
  readonly sha256: string;
  /** Of `sourceMap`, in hex. */
  readonly sourceMapSha256: string;
  /** It was taken from the cache: nothing had changed. */
  readonly cached: boolean;
}
