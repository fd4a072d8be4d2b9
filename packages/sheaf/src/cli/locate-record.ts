// The line number of a failed record, worked out when it is reported: nothing counts lines while records are read.

import { statSync } from 'node:fs';
import type { Failure } from '@sheaf/protocol';

/** The failure with its record's line, when the file can be read here; else as it was. */
export async function locateRecord(failure: Failure): Promise<Failure> {
  const { record } = failure;
  if (record?.file === undefined || record.offset === undefined || record.line !== undefined) return failure;
  if (statSync(record.file, { throwIfNoEntry: false })?.isFile() !== true) return failure;
  const { lineNumberAt } = await import('@sheaf/storage');
  const line = await lineNumberAt(record.file, /\.gz$/i.test(record.file) ? 'gzip' : null, record.offset);
  return { ...failure, record: { ...record, line } };
}
