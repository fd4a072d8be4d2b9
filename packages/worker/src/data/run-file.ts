// A finished run file, opened for reading: its ids checked, and its footer loaded where the stretches are not known yet. Cursors
// read the stretches. A merge opens hundreds of runs whose stretches it knows: their footers would fill the heap.

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { ReadAhead } from './read-ahead.ts';
import {
  CorruptRun,
  decodeFooter,
  decodeRunHeader,
  fingerprintOf,
  footerOffsetOf,
  MissingRun,
  outputHashOf,
  type RunFooter,
  type RunIds,
  runHeaderBytes,
  runTrailerBytes,
} from './run-format.ts';

/** Footers that are looked at once are read into one buffer that grows to the largest: a task of many runs reads hundreds. */
let footerScratch: Buffer = Buffer.alloc(0);

/** Whose run lies there, and its hash. Throws CorruptRun when it is none, or damaged in header or footer. */
export function runIn(place: RunPlace): { readonly ids: RunIds; readonly hash: string } {
  const file = new RunFile(place, null);
  file.close();
  return { ids: file.ids, hash: outputHashOf(file.footer.stretches) };
}

/** Where a run lies: a file of its own, of which the path says enough, or some bytes of a pack. */
export type RunPlace = string | PlaceInFile;

export interface PlaceInFile {
  readonly path: string;
  /** In a pack: its first byte, and how many they are. */
  readonly at?: number | undefined;
  readonly bytes?: number | undefined;
}

/** Gives what `use` takes of a run's footer, which it must not keep. Throws as the constructor of RunFile does. */
export function withFooter<T>(place: RunPlace, expected: RunIds, use: (footer: RunFooter) => T): T {
  const file = new RunFile(place, expected, { footerBuffer: scratchOf });
  try {
    return use(file.footer);
  } finally {
    file.close();
  }
}

function scratchOf(length: number): Buffer {
  if (footerScratch.length < length) footerScratch = Buffer.alloc(2 * length);
  return footerScratch.subarray(0, length);
}

/** As `withFooter`, of a run that is read through `files` and stays open with them. */
export function openThrough(files: ReadAhead, place: RunPlace, expected: RunIds): RunFile {
  return new RunFile(place, expected, { footerBuffer: scratchOf, files });
}

interface RunFileOptions {
  readonly footerBuffer?: (length: number) => Buffer;
  readonly files?: ReadAhead | null;
}

/** An open run whose header is that of the output that is meant: enough to read stretches that are known already. */
export class OpenRun {
  readonly path: string;
  /** Offsets within the run begin here in the file. */
  readonly base: number;
  readonly ids: RunIds;
  readonly fingerprint: { readonly low: number; readonly high: number };

  /** -1: it is read through `files`. */
  private readonly fd: number;
  private readonly files: ReadAhead | null;

  /**
   * Throws CorruptRun when the header is not that of `expected` (null: of any run), MissingRun when there is no such file. With
   * `files` it has no file of its own, and need not be closed.
   */
  constructor(place: RunPlace, expected: RunIds | null, files: ReadAhead | null = null) {
    const { path, at = 0 } = inFile(place);
    this.path = path;
    this.base = at;
    this.files = files;
    this.fd = files === null ? opened(path, () => openSync(path, 'r')) : -1;
    try {
      this.ids = decodeRunHeader(path, this.read(0, runHeaderBytes));
      this.fingerprint = fingerprintOf(this.ids);
      if (expected === null) return;
      const { job, stage, task, attempt, edge } = this.ids;
      const same = job === expected.job && stage === expected.stage && task === expected.task && attempt === expected.attempt;
      if (!same || edge !== expected.edge) throw new CorruptRun(path, `the run of ${job}/${stage}@${task}#${attempt}, edge ${edge}`);
    } catch (error) {
      this.close();
      throw this.placed(error);
    }
  }

  close(): void {
    if (this.files === null) closeSync(this.fd);
  }

  /** Reads some of the run's bytes, at least one of them unless the file ends; gives how many. */
  readInto(target: Buffer, at: number, { offset, length }: { readonly offset: number; readonly length: number }): number {
    const { files, path, base } = this;
    if (files === null) return readSync(this.fd, target, at, length, base + offset);
    return opened(path, () => files.read(path, base + offset, { target, at, length }));
  }

  /** What is wrong with this run of the file. */
  placed(error: unknown): unknown {
    if (error instanceof CorruptRun) error.at ??= this.base;
    return error;
  }

  protected read(offset: number, length: number, target: Buffer = Buffer.alloc(length)): Buffer {
    let done = 0;
    while (done < length) {
      const count = this.readInto(target, done, { offset: offset + done, length: length - done });
      if (count === 0) throw new CorruptRun(this.path, 'the file is cut short');
      done += count;
    }
    return target;
  }
}

/** An open run with its footer. */
export class RunFile extends OpenRun {
  readonly footer: RunFooter;

  /** Opens and checks header and footer. Throws as OpenRun does, and CorruptRun when the file is cut short or its footer damaged. */
  constructor(
    place: RunPlace,
    expected: RunIds | null,
    { footerBuffer = length => Buffer.alloc(length), files = null }: RunFileOptions = {},
  ) {
    super(place, expected, files);
    const { path, bytes } = inFile(place);
    try {
      const size = bytes ?? statSync(path).size;
      const offset = footerOffsetOf(path, this.read(Math.max(0, size - runTrailerBytes), runTrailerBytes), size);
      this.footer = decodeFooter(path, this.read(offset, size - offset, footerBuffer(size - offset)));
    } catch (error) {
      this.close();
      throw this.placed(error);
    }
  }
}

/** The place spelled out. */
export function inFile(place: RunPlace): PlaceInFile {
  return typeof place === 'string' ? { path: place } : place;
}

function opened<Given>(path: string, open: () => Given): Given {
  try {
    return open();
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'ENOENT') throw error;
    throw new MissingRun(path, { cause: error });
  }
}
