// What attempts print, in bounded files: of each attempt the first and the last half of what the limit allows, of all
// attempts together no more than the worker's limit, the oldest going first. Writing is synchronous and never fails a
// task: a log that cannot be written is given up.

import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type AttemptId, limits } from '@sheaf/protocol';
import type { AttemptName } from '@sheaf/protocol/messages';
import type { PrintedLines, PrintSink } from './printed-lines.ts';

export interface LogLimits {
  readonly bytesPerAttemptMax: number;
  readonly bytesPerWorkerMax: number;
}

const defaults: LogLimits = { bytesPerAttemptMax: limits.logBytesPerAttemptMax, bytesPerWorkerMax: limits.logBytesPerWorkerMax };

export class AttemptLogs {
  private readonly directory: string;
  private readonly limits: LogLimits;
  /** Told of everything too, as it comes. */
  private readonly printed: PrintedLines | null;
  /** In order of opening. */
  private readonly logs = new Map<AttemptId, AttemptLog>();
  private bytes = 0;

  constructor(directory: string, { printed = null, ...logLimits }: Partial<LogLimits> & { readonly printed?: PrintedLines | null } = {}) {
    this.directory = directory;
    this.limits = { ...defaults, ...logLimits };
    this.printed = printed;
  }

  /** A log for an attempt that is about to run. */
  open(name: AttemptName): AttemptLog {
    const { job, attempt } = name;
    const log = new AttemptLog({
      path: join(this.directory, job, `${attempt}.log`),
      bytesMax: this.limits.bytesPerAttemptMax,
      printed: this.printed?.open(name) ?? null,
      onGrown: bytes => this.makeRoom(bytes),
      onClosed: closed => {
        if (closed.storedBytes === 0) this.logs.delete(attempt);
      },
    });
    this.logs.set(attempt, log);
    return log;
  }

  /** The log as text, at most its last `bytesMax` bytes; empty when the attempt printed nothing or is not known. */
  read(attempt: AttemptId, bytesMax: number): string {
    const bytes = this.logs.get(attempt)?.read() ?? Buffer.alloc(0);
    return bytes.subarray(Math.max(0, bytes.length - bytesMax)).toString('utf8');
  }

  close(): void {
    for (const log of [...this.logs.values()]) log.close();
    this.printed?.close();
  }

  private makeRoom(grownBytes: number): void {
    this.bytes += grownBytes;
    for (const [attempt, log] of this.logs) {
      if (this.bytes <= this.limits.bytesPerWorkerMax && this.logs.size <= limits.logsPerWorkerMax) return;
      if (!log.closed) continue;
      this.bytes -= log.storedBytes;
      log.delete();
      this.logs.delete(attempt);
    }
  }
}

export interface AttemptLogOptions {
  readonly path: string;
  readonly bytesMax: number;
  /** Is given everything too. */
  readonly printed: PrintSink | null;
  /** The file has grown by so many bytes. */
  readonly onGrown: (bytes: number) => void;
  readonly onClosed: (log: AttemptLog) => void;
}

/** The first half of the file is written once; the second is a ring, which holds the newest bytes. */
export class AttemptLog {
  private readonly options: AttemptLogOptions;
  private readonly headMax: number;
  private readonly tailMax: number;
  private fd: number | null = null;
  private total = 0;
  private stored = 0;
  private isClosed = false;

  constructor(options: AttemptLogOptions) {
    this.options = options;
    this.headMax = Math.floor(options.bytesMax / 2);
    this.tailMax = options.bytesMax - this.headMax;
  }

  /** Bytes of the file. */
  get storedBytes(): number {
    return this.stored;
  }

  get closed(): boolean {
    return this.isClosed;
  }

  write(chunk: Uint8Array): void {
    if (this.isClosed || chunk.length === 0) return;
    this.options.printed?.write(chunk);
    try {
      this.fd ??= this.create();
      const head = chunk.subarray(0, Math.max(0, this.headMax - this.total));
      this.put(head, this.total);
      this.total += head.length;
      this.putTail(chunk.subarray(head.length));
    } catch {
      this.close();
    }
    const stored = Math.min(this.total, this.headMax + this.tailMax);
    const grown = stored - this.stored;
    this.stored = stored;
    if (grown > 0) this.options.onGrown(grown);
  }

  /** The first and the last bytes, with a line between them that says how many are left out. */
  read(): Buffer {
    if (this.stored === 0) return Buffer.alloc(0);
    const file = this.fileOrNothing();
    if (this.total <= this.headMax + this.tailMax) return file.subarray(0, this.total);
    const at = this.headMax + ((this.total - this.headMax) % this.tailMax);
    const leftOut = this.total - this.headMax - this.tailMax;
    const gap = Buffer.from(`\n… ${leftOut} bytes are left out here …\n`);
    return Buffer.concat([file.subarray(0, this.headMax), gap, file.subarray(at), file.subarray(this.headMax, at)]);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.options.printed?.close();
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
    this.options.onClosed(this);
  }

  delete(): void {
    rmSync(this.options.path, { force: true });
    this.stored = 0;
  }

  private create(): number {
    mkdirSync(dirname(this.options.path), { recursive: true, mode: 0o700 });
    return openSync(this.options.path, 'w', 0o600);
  }

  private putTail(chunk: Uint8Array): void {
    // Of a chunk larger than the ring only the end would remain.
    const skipped = Math.max(0, chunk.length - this.tailMax);
    this.total += skipped;
    let rest = chunk.subarray(skipped);
    while (rest.length > 0) {
      const offset = (this.total - this.headMax) % this.tailMax;
      const part = rest.subarray(0, this.tailMax - offset);
      this.put(part, this.headMax + offset);
      this.total += part.length;
      rest = rest.subarray(part.length);
    }
  }

  private put(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.fd ?? -1, bytes, done, bytes.length - done, position + done);
    }
  }

  private fileOrNothing(): Buffer {
    try {
      return readFileSync(this.options.path);
    } catch {
      return Buffer.alloc(0);
    }
  }
}
