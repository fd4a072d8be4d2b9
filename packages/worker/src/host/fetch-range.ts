// Brings some bytes of a map output from another worker to their place in a local file. What was received before a failure
// stays received: the next try goes on behind it.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from '@sheaf/protocol';
import type { OutputName } from '@sheaf/protocol/messages';
import type { ByteRange } from '../data/read-ranges.ts';
import { FetchProblem, type FetchTransport, type FetchWay, type OutputOwner } from './fetch-transport.ts';
import { HttpAnswer } from './http-get.ts';

export interface RangeFetch {
  readonly transport: FetchTransport;
  /** The worker that has the output, asked before each try: it may have come back under another address. */
  readonly owner: () => OutputOwner;
  readonly output: OutputName;
  /** Size of the whole output. */
  readonly bytes: number;
  /** What is fetched of it: at most `fetchBytesMax`. */
  readonly range: ByteRange;
  /** The file that the bytes are written to, each at its own offset; made when there is something to write. */
  readonly path: string;
  readonly signal: AbortSignal;
  /** Told of bytes as they are written. */
  readonly received: (bytes: number, way: FetchWay) => void;
}

/** Rejects with the last error when the owner says that the output is gone, or after `fetchAttemptsMax` failures. */
export async function fetchRange(fetch: RangeFetch): Promise<void> {
  const patience = new Patience(fetch.signal);
  const { to } = fetch.range;
  let { from } = fetch.range;
  while (from < to) {
    try {
      await fetchOnce(fetch, { from, to }, (bytes, way) => {
        from += bytes;
        patience.rest();
        fetch.received(bytes, way);
      });
    } catch (error) {
      await patience.waitAfter(error);
    }
  }
}

/** How often and how long a fetch is tried again. */
class Patience {
  private readonly signal: AbortSignal;
  private failures = 0;
  private busySince: number | null = null;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  /** Bytes came: whoever was busy is no more. */
  rest(): void {
    this.busySince = null;
  }

  /** Waits before the next try, or rethrows when there is to be none. */
  async waitAfter(error: unknown): Promise<void> {
    this.signal.throwIfAborted();
    const hope = hopeOf(error);
    if (hope === 'later') {
      this.busySince ??= performance.now();
      if (performance.now() - this.busySince > limits.fetchBusyMs) throw error;
    } else {
      if (hope === 'never') throw error;
      this.failures++;
      if (this.failures >= limits.fetchAttemptsMax) throw error;
    }
    await delay(limits.fetchRetryDelayMs * 2 ** this.failures, undefined, { signal: this.signal });
  }
}

function hopeOf(error: unknown): FetchProblem['hope'] {
  if (error instanceof FetchProblem) return error.hope;
  if (!(error instanceof HttpAnswer)) return 'soon';
  // Any other answer comes from a worker that is well: it will say the same again.
  return error.status === 503 ? 'later' : 'never';
}

async function fetchOnce(fetch: RangeFetch, range: ByteRange, written: RangeFetch['received']): Promise<void> {
  const { transport, owner, output, bytes, path, signal } = fetch;
  let file: FileHandle | null = null;
  try {
    let at = range.from;
    for await (const piece of transport.read({ owner: owner(), output, bytes, range, signal })) {
      file ??= await open(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
      await writeAll(file, piece.bytes, at);
      at += piece.bytes.length;
      written(piece.bytes.length, piece.way);
    }
  } finally {
    await file?.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
