// A finished run file, opened for reading: its ids checked, and its footer loaded where the stretches are not known yet. Cursors
// read the stretches. A merge opens hundreds of runs whose stretches it knows: their footers would fill the heap.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import {
  CorruptRun,
  decodeFooter,
  decodeRunHeader,
  fingerprintOf,
  footerOffsetOf,
  MissingRun,
  type RunFooter,
  type RunIds,
  runHeaderBytes,
  runTrailerBytes,
} from './run-format.ts';

/** Footers that are looked at once are read into one buffer that grows to the largest: a task of many runs reads hundreds. */
let footerScratch: Buffer = Buffer.alloc(0);

/** Gives what `use` takes of a run's footer, which it must not keep. Throws as the constructor of RunFile does. */
export function withFooter<T>(path: string, expected: RunIds, use: (footer: RunFooter) => T): T {
  const file = new RunFile(path, expected, length => {
    if (footerScratch.length < length) footerScratch = Buffer.alloc(2 * length);
    return footerScratch.subarray(0, length);
  });
  try {
    return use(file.footer);
  } finally {
    file.close();
  }
}

/** An open run whose header is that of the output that is meant: enough to read stretches that are known already. */
export class OpenRun {
  readonly path: string;
  readonly fd: number;
  readonly ids: RunIds;
  readonly fingerprint: { readonly low: number; readonly high: number };

  /** Throws CorruptRun when the header is not that of `expected`, MissingRun when there is no such file. */
  constructor(path: string, expected: RunIds) {
    this.path = path;
    this.fd = open(path);
    try {
      this.ids = decodeRunHeader(path, this.read(0, runHeaderBytes));
      const { job, stage, task, attempt, edge } = this.ids;
      const same = job === expected.job && stage === expected.stage && task === expected.task && attempt === expected.attempt;
      if (!same || edge !== expected.edge) throw new CorruptRun(path, `the run of ${job}/${stage}@${task}#${attempt}, edge ${edge}`);
      this.fingerprint = fingerprintOf(this.ids);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    closeSync(this.fd);
  }

  protected read(offset: number, length: number, target: Buffer = Buffer.alloc(length)): Buffer {
    let done = 0;
    while (done < length) {
      const count = readSync(this.fd, target, done, length - done, offset + done);
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
  constructor(path: string, expected: RunIds, footerBuffer: (length: number) => Buffer = length => Buffer.alloc(length)) {
    super(path, expected);
    try {
      const { size } = fstatSync(this.fd);
      const offset = footerOffsetOf(path, this.read(Math.max(0, size - runTrailerBytes), runTrailerBytes), size);
      this.footer = decodeFooter(path, this.read(offset, size - offset, footerBuffer(size - offset)));
    } catch (error) {
      this.close();
      throw error;
    }
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'ENOENT') throw error;
    throw new MissingRun(path, { cause: error });
  }
}
