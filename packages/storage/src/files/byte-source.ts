// Reads a listed file forwards into the caller's memory. Plain files are read synchronously and straight into the target;
// a gzip file goes through zlib a chunk at a time, with at most one chunk of each side waiting.
// What must stay true: what is read is the file that was planned. A reader that finds another size or time says E_INPUT_CHANGED.

import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { createGunzip, type Gunzip } from 'node:zlib';
import { type FailureCode, FailureError, limits } from '@sheaf/protocol';
import type { ListedFile } from '@sheaf/protocol/graph';

export interface ByteSource {
  /** Puts at most `limit` bytes (≥ 1) at target[at …] and gives their number; 0 at the end. Never called while a promise is pending. */
  read(target: Uint8Array, at: number, limit: number): number | Promise<number>;
  close(): void;
}

/** Opens a file at an offset of its unpacked bytes. Throws FailureError: E_INPUT_CHANGED or E_INPUT_UNREADABLE. */
export function openBytes(file: ListedFile, from: number): ByteSource {
  const descriptor = attempt(file, () => openSync(file.path, 'r'));
  try {
    checkUnchanged(file, descriptor);
    return file.packed === null || file.size === 0 ? new PlainSource(file, descriptor, from) : new GzipSource(file, descriptor, from);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** The first bytes of a plain file, at most `limit`: for what stands once at its start, such as a csv header. */
export function readHead(path: string, limit: number): Uint8Array {
  const plain = { path, size: limit, modifiedMs: 0, packed: null };
  const descriptor = attempt(plain, () => openSync(path, 'r'));
  try {
    const head = new Uint8Array(limit);
    let length = 0;
    for (let read = -1; read !== 0 && length < limit; length += read) {
      read = attempt(plain, () => readSync(descriptor, head, length, limit - length, length));
    }
    return head.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** A file as it is now, for readers outside a plan. */
export function listedNow(path: string, packed: ListedFile['packed']): ListedFile {
  const stats = attempt({ path, size: 0, modifiedMs: 0, packed }, () => statSync(path));
  return { path, size: stats.size, modifiedMs: Math.floor(stats.mtimeMs), packed };
}

function checkUnchanged(file: ListedFile, descriptor: number): void {
  const stats = attempt(file, () => fstatSync(descriptor));
  const modifiedMs = Math.floor(stats.mtimeMs);
  if (stats.size !== file.size) throw failure(file, 'E_INPUT_CHANGED', `it had ${file.size} bytes, now it has ${stats.size}`);
  if (modifiedMs !== file.modifiedMs) {
    const [then, now] = [file.modifiedMs, modifiedMs].map(time => new Date(time).toISOString());
    throw failure(file, 'E_INPUT_CHANGED', `it was written at ${then} when the job was planned, now it is of ${now}`);
  }
}

class PlainSource implements ByteSource {
  readonly descriptor: number;
  private readonly file: ListedFile;
  private offset: number;

  constructor(file: ListedFile, descriptor: number, from: number) {
    this.file = file;
    this.descriptor = descriptor;
    this.offset = from;
  }

  read(target: Uint8Array, at: number, limit: number): number {
    // What was appended after the plan is not read.
    const length = Math.min(limit, this.file.size - this.offset);
    if (length <= 0) return 0;
    const read = attempt(this.file, () => readSync(this.descriptor, target, at, length, this.offset));
    if (read === 0) throw failure(this.file, 'E_INPUT_CHANGED', `it had ${this.file.size} bytes, now it ends at ${this.offset}`);
    this.offset += read;
    return read;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

class GzipSource implements ByteSource {
  private readonly plain: PlainSource;
  private readonly file: ListedFile;
  private readonly unpack: Gunzip = createGunzip({ chunkSize: limits.blockBytes });
  private readonly packed: Buffer = Buffer.allocUnsafe(limits.blockBytes);
  private rest: Uint8Array = new Uint8Array(0);
  private skip: number;
  private unpackedBytes = 0;
  private ended = false;
  private error: Error | null = null;
  private wake: (() => void) | null = null;

  constructor(file: ListedFile, descriptor: number, from: number) {
    this.file = file;
    this.plain = new PlainSource(file, descriptor, 0);
    this.skip = from;
    this.unpack.on('readable', () => this.stir());
    this.unpack.on('end', () => {
      this.ended = true;
      this.stir();
    });
    this.unpack.on('error', error => {
      this.error = error;
      this.stir();
    });
    this.feed();
  }

  async read(target: Uint8Array, at: number, limit: number): Promise<number> {
    while (this.rest.length === 0) {
      if (!(await this.next())) return 0;
      const skipped = Math.min(this.skip, this.rest.length);
      this.skip -= skipped;
      this.rest = this.rest.subarray(skipped);
    }
    const length = Math.min(limit, this.rest.length);
    target.set(this.rest.subarray(0, length), at);
    this.rest = this.rest.subarray(length);
    return length;
  }

  close(): void {
    this.unpack.destroy();
    this.plain.close();
  }

  /** The next unpacked chunk into `rest`; false at the end. */
  private async next(): Promise<boolean> {
    for (;;) {
      const chunk = this.unpack.read() as Buffer | null;
      if (chunk !== null) {
        this.unpackedBytes += chunk.length;
        this.rest = chunk;
        return true;
      }
      if (this.error !== null) throw this.corrupt(this.error);
      if (this.ended) {
        this.checkRest();
        return false;
      }
      await new Promise<void>(resolve => {
        this.wake = resolve;
      });
    }
  }

  /** Hands zlib one block after another, each when it has taken the one before: the block's memory is used again. */
  private feed(): void {
    if (this.unpack.destroyed) return;
    try {
      const length = this.plain.read(this.packed, 0, this.packed.length);
      if (length === 0) this.unpack.end();
      else this.unpack.write(this.packed.subarray(0, length), error => error ?? this.feed());
    } catch (error) {
      this.unpack.destroy(error as Error);
    }
  }

  /** zlib stops at a zero byte behind a member and looks no further; only zeros, which fill up blocks, may follow. */
  private checkRest(): void {
    const rest = new PlainSource(this.file, this.plain.descriptor, this.unpack.bytesWritten);
    for (let length = -1; length !== 0; ) {
      length = rest.read(this.packed, 0, this.packed.length);
      if (this.packed.subarray(0, length).some(byte => byte !== 0)) throw this.corrupt(new Error('other bytes follow its end'));
    }
  }

  private stir(): void {
    this.wake?.();
    this.wake = null;
  }

  private corrupt(error: Error): FailureError {
    if (error instanceof FailureError) return error;
    const place = `after ${this.unpack.bytesWritten} packed and ${this.unpackedBytes} unpacked bytes`;
    const message = `${this.file.path}: is no whole gzip file: ${error.message} ${place}`;
    const record = { file: this.file.path, offset: this.unpackedBytes };
    return new FailureError({ code: 'E_INPUT_UNREADABLE', message, record }, { cause: error });
  }
}

function attempt<T>(file: ListedFile, request: () => T): T {
  try {
    return request();
  } catch (error) {
    throw failure(file, 'E_INPUT_UNREADABLE', (error as Error).message, error);
  }
}

function failure(file: ListedFile, code: FailureCode, what: string, cause?: unknown): FailureError {
  return new FailureError({ code, message: `${file.path}: ${what}`, record: { file: file.path } }, { cause });
}
