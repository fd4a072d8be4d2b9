// The part file that one attempt writes: a ByteSink that buffers, hashes and, when asked, packs. Synchronous, as records come
// from synchronous user code; its memory is one buffer (and one packed copy of it).
// A packed part is a sequence of gzip members of at most a buffer each; every gzip reader joins them.

import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { FailureError, limits } from '@sheaf/protocol';
import type { ByteSink } from '../formats/encoder.ts';

export interface FinishedPart {
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
  /** In hex, of the file. */
  readonly sha256: string;
}

/** Up to here a loop is as quick as a copy by the engine, and makes no view that has to be collected. */
const shortBytes = 256;

export class PartFile implements ByteSink {
  readonly path: string;
  /** Bytes that were given, before packing. */
  rawBytes = 0;
  private readonly gzip: boolean;
  private readonly descriptor: number;
  private readonly hash = createHash('sha256');
  private readonly buffer: Buffer;
  private used = 0;
  private fileBytes = 0;
  private open = true;

  /** Creates the file; it must not exist, and its folder must. `buffer`: one that no other open part uses. */
  constructor(path: string, options: { readonly gzip: boolean; readonly buffer?: Buffer }) {
    this.path = path;
    this.gzip = options.gzip;
    this.buffer = options.buffer ?? newPartBuffer();
    this.descriptor = this.attempt(() => openSync(path, 'wx'));
  }

  text(text: string): void {
    // A UTF-16 unit has at most three bytes.
    if (text.length * 3 > this.buffer.length - this.used) {
      if (text.length * 3 > this.buffer.length) return this.longText(text);
      this.flush();
    }
    const length = this.buffer.write(text, this.used);
    this.used += length;
    this.rawBytes += length;
  }

  bytes(source: Uint8Array, from: number, to: number): void {
    this.rawBytes += to - from;
    if (to - from <= shortBytes && to - from <= this.buffer.length - this.used) {
      const { buffer } = this;
      let { used } = this;
      for (let at = from; at < to; at++) buffer[used++] = source[at] as number;
      this.used = used;
      return;
    }
    // What fills the buffer by itself need not go through it.
    if (!this.gzip && to - from >= this.buffer.length) {
      if (this.used > 0) this.flush();
      this.append(source.subarray(from, to));
      return;
    }
    for (let at = from; at < to; ) {
      if (this.used === this.buffer.length) this.flush();
      const length = Math.min(to - at, this.buffer.length - this.used);
      this.buffer.set(source.subarray(at, at + length), this.used);
      this.used += length;
      at += length;
    }
  }

  /** Writes what is left and makes it durable. */
  finish(): FinishedPart {
    // An empty gzip file still needs one member.
    if (this.used > 0 || (this.gzip && this.fileBytes === 0)) this.flush();
    this.attempt(() => fsyncSync(this.descriptor));
    this.close();
    this.attempt(() => syncFolder(dirname(this.path)));
    return { path: this.path, bytes: this.fileBytes, sha256: this.hash.digest('hex') };
  }

  /** Removes the file; after finish() too. */
  abandon(): void {
    this.close();
    try {
      unlinkSync(this.path);
    } catch {
      // The staging folder is removed as a whole at the end of the job.
    }
  }

  private longText(text: string): void {
    const encoded = Buffer.from(text);
    this.bytes(encoded, 0, encoded.length);
  }

  private flush(): void {
    const raw = this.buffer.subarray(0, this.used);
    this.append(this.gzip ? gzipSync(raw) : raw);
    this.used = 0;
  }

  private append(out: Uint8Array): void {
    this.hash.update(out);
    for (let at = 0; at < out.length; ) at += this.attempt(() => writeSync(this.descriptor, out, at, out.length - at));
    this.fileBytes += out.length;
  }

  private close(): void {
    if (!this.open) return;
    this.open = false;
    closeSync(this.descriptor);
  }

  private attempt<T>(request: () => T): T {
    try {
      return request();
    } catch (error) {
      throw new FailureError({ code: 'E_OUTPUT_FAILED', message: `${this.path}: ${(error as Error).message}` }, { cause: error });
    }
  }
}

/** What a part gathers bytes in; parts that are written one after another may share it. */
export function newPartBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(limits.chunkBytes);
}

/** Makes the name of a finished part durable: its token is journalled next. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
