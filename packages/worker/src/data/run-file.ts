// A finished run file, opened for reading: its ids checked, its footer loaded. Cursors read the stretches.

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

export class RunFile {
  readonly path: string;
  readonly fd: number;
  readonly ids: RunIds;
  readonly footer: RunFooter;
  readonly fingerprint: { readonly low: number; readonly high: number };

  /** Opens and checks header and footer. Throws CorruptRun when they are not those of `expected`, the file is cut short or not there. */
  constructor(path: string, expected: RunIds, footerBuffer: (length: number) => Buffer = length => Buffer.alloc(length)) {
    this.path = path;
    this.fd = open(path);
    try {
      this.ids = decodeRunHeader(path, this.read(0, runHeaderBytes));
      const { job, stage, task, attempt, edge } = this.ids;
      const same = job === expected.job && stage === expected.stage && task === expected.task && attempt === expected.attempt;
      if (!same || edge !== expected.edge) throw new CorruptRun(path, `the run of ${job}/${stage}@${task}#${attempt}, edge ${edge}`);
      this.fingerprint = fingerprintOf(this.ids);
      const { size } = fstatSync(this.fd);
      const offset = footerOffsetOf(path, this.read(Math.max(0, size - runTrailerBytes), runTrailerBytes), size);
      this.footer = decodeFooter(path, this.read(offset, size - offset, footerBuffer(size - offset)));
    } catch (error) {
      closeSync(this.fd);
      throw error;
    }
  }

  close(): void {
    closeSync(this.fd);
  }

  private read(offset: number, length: number, target: Buffer = Buffer.alloc(length)): Buffer {
    let done = 0;
    while (done < length) {
      const count = readSync(this.fd, target, done, length - done, offset + done);
      if (count === 0) throw new CorruptRun(this.path, 'the file is cut short');
      done += count;
    }
    return target;
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
