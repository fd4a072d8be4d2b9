// Brings some bytes of a map output from another worker to their place in a local file. What was received before a failure
// stays received: the next try goes on behind it.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from '@sheaf/protocol';
import type { ByteRange } from '../data/partition-ranges.ts';
import { HttpAnswer, type HttpGet } from './http-get.ts';
import type { OutputName } from './output-ids.ts';
import { outputBytesHeader, outputRequestPath } from './shuffle-server.ts';

export interface RangeFetch {
  readonly get: HttpGet;
  /** `host:port` of the worker that has the output, asked before each try: it may have come back under another. */
  readonly address: () => string;
  readonly output: OutputName;
  /** Size of the whole output. */
  readonly bytes: number;
  /** What is fetched of it: at most `fetchBytesMax`. */
  readonly range: ByteRange;
  /** The file that the bytes are written to, each at its own offset; made when there is something to write. */
  readonly path: string;
  readonly signal: AbortSignal;
  /** Told of bytes as they are written. */
  readonly received: (bytes: number) => void;
}

/** Rejects with the last error when the owner says that the output is gone, or after `fetchAttemptsMax` failures. */
export async function fetchRange(fetch: RangeFetch): Promise<void> {
  const patience = new Patience(fetch.signal);
  const { to } = fetch.range;
  let { from } = fetch.range;
  while (from < to) {
    try {
      await fetchOnce(fetch, { from, to }, bytes => {
        from += bytes;
        fetch.received(bytes);
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

  /** Waits before the next try, or rethrows when there is to be none. */
  async waitAfter(error: unknown): Promise<void> {
    this.signal.throwIfAborted();
    const status = error instanceof HttpAnswer ? error.status : null;
    if (status === 503) {
      this.busySince ??= performance.now();
      if (performance.now() - this.busySince > limits.fetchBusyMs) throw error;
    } else {
      // Any other answer comes from a worker that is well: it will say the same again.
      if (status !== null) throw error;
      this.failures++;
      if (this.failures >= limits.fetchAttemptsMax) throw error;
    }
    await delay(limits.fetchRetryDelayMs * 2 ** this.failures, undefined, { signal: this.signal });
  }
}

async function fetchOnce(fetch: RangeFetch, { from, to }: ByteRange, written: (bytes: number) => void): Promise<void> {
  const { get, output, bytes, path, signal } = fetch;
  const address = fetch.address();
  const length = to - from;
  const response = await get.open(new URL(`http://${address}${outputRequestPath(output)}?from=${from}&length=${length}`), signal);
  if (Number(response.headers[outputBytesHeader]) !== bytes) {
    response.destroy();
    throw new Error(`${address} has ${response.headers[outputBytesHeader]} bytes of it, not ${bytes}`);
  }
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT, 0o600).catch(error => {
    response.destroy();
    throw error;
  });
  try {
    let at = from;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (at + chunk.length > to) throw new Error(`${address} sent more than ${length} bytes`);
      await writeAll(file, chunk, at);
      at += chunk.length;
      written(chunk.length);
    }
    if (at !== to) throw new Error(`${address} sent ${at - from} bytes of ${length}`);
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
