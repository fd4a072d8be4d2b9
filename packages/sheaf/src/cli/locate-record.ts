// The line numbers of a failure's records, worked out when it is reported: nothing counts lines while records are read.

import { statSync } from 'node:fs';
import type { Failure, RecordPlace } from '@sheaf/protocol';

/** The failure with its record's line, and that of where its attempt was last seen, when the file can be read here. */
export async function locateRecord(failure: Failure): Promise<Failure> {
  const { record, lastSeen } = failure;
  return {
    ...failure,
    ...(record === undefined ? {} : { record: await located(record) }),
    ...(lastSeen?.place === undefined ? {} : { lastSeen: { ...lastSeen, place: await located(lastSeen.place) } }),
  };
}

async function located(place: RecordPlace): Promise<RecordPlace> {
  const { file, offset, line } = place;
  if (file === undefined || offset === undefined || line !== undefined) return place;
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return place;
  const { lineNumberAt } = await import('@sheaf/storage');
  return { ...place, line: await lineNumberAt(file, /\.gz$/i.test(file) ? 'gzip' : null, offset) };
}
