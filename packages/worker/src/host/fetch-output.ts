// Brings one map output from another worker into a local file: piece after piece, each at most `fetchBytesMax`, going on
// where it stopped. Whole files for now; a reader of few partitions will ask for the ranges that the run's footer names.

import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { limits } from '@sheaf/protocol';
import { HttpAnswer, type HttpGet } from './http-get.ts';
import { outputBytesHeader, outputRequestPath, type ServedOutput } from './shuffle-server.ts';

export interface OutputFetch {
  readonly get: HttpGet;
  /** `host:port` of the worker that has it. */
  readonly address: string;
  /** What is fetched; `path` is where it is put, visible only when it is whole. */
  readonly output: ServedOutput;
  readonly signal: AbortSignal;
}

/** Rejects with the last error when the owner says that it is gone, or after `fetchAttemptsMax` failures in a row. */
export async function fetchOutput(fetch: OutputFetch): Promise<void> {
  const { path, bytes } = fetch.output;
  const partial = `${path}.partial`;
  const file = await open(partial, 'w', 0o600);
  try {
    const patience = new Patience(fetch.signal);
    for (let done = 0; done < bytes; ) {
      try {
        done += await fetchPiece(fetch, done, file);
        patience.renew();
      } catch (error) {
        await patience.waitAfter(error);
      }
    }
  } catch (error) {
    await file.close();
    await rm(partial, { force: true });
    throw error;
  }
  await file.close();
  await rename(partial, path);
}

/** How often and how long a fetch is tried again. */
class Patience {
  private readonly signal: AbortSignal;
  private failures = 0;
  private busySince: number | null = null;

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  /** Something came: what failed before does not count any more. */
  renew(): void {
    this.failures = 0;
    this.busySince = null;
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

async function fetchPiece({ get, address, output, signal }: OutputFetch, from: number, file: FileHandle): Promise<number> {
  const length = Math.min(limits.fetchBytesMax, output.bytes - from);
  const response = await get.open(new URL(`http://${address}${outputRequestPath(output)}?from=${from}&length=${length}`), signal);
  if (Number(response.headers[outputBytesHeader]) !== output.bytes) {
    response.destroy();
    throw new Error(`${address} has ${response.headers[outputBytesHeader]} bytes of it, not ${output.bytes}`);
  }
  let received = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    await writeAll(file, chunk, from + received);
    received += chunk.length;
  }
  if (received !== length) throw new Error(`${address} sent ${received} bytes of ${length}`);
  return received;
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
