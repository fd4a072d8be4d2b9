// Which map output a run file is: a path, or an answer from another worker, is believed when the file's header says the same.

import type { OutputName } from '@sheaf/protocol/messages';
import { CorruptRun, decodeRunHeader } from '../data/run-format.ts';

/** Throws CorruptRun unless `header`, the first bytes of the run file at `path`, says that it is this output. */
export function checkHeader(path: string, header: Buffer, { job, edge, task, attempt }: OutputName): void {
  const ids = decodeRunHeader(path, header);
  if (ids.job === job && ids.edge === edge && ids.task === task && ids.attempt === attempt) return;
  throw new CorruptRun(path, `it is another output: task ${ids.task}, attempt ${ids.attempt} on edge ${ids.edge} of job ${ids.job}`);
}
