// The input of a task of items: those of its split, out of the spool that was written at submit.

import { limits } from '@sheaf/protocol';
import type { AssignedSplit } from '@sheaf/protocol/messages';
import { SpoolReader } from '@sheaf/storage';
import { decodeValue } from '../../data/value-codec.ts';
import { keyText } from '../failure/key-text.ts';
import { unlessEnough } from '../skipping/skipping.ts';
import type { Push } from '../steps/step-calls.ts';
import type { WaitingSteps } from '../steps/waiting-steps.ts';
import type { TaskParts } from '../task-parts.ts';
import type { InputCounts } from './input-counts.ts';

/** What `where.file` says of an item: `offset` is its index among all items. */
const itemsName = 'items';

interface Taking {
  readonly push: Push;
  /** Waited for between items. */
  readonly waits: WaitingSteps | null;
}

export async function readItems(run: TaskParts, split: AssignedSplit, { push, waits }: Taking): Promise<InputCounts> {
  const name = `${run.assignment.stage}.${split.input}`;
  const path = run.job.spools[name];
  if (path === undefined) throw new Error(`the spool of input ${name} was not brought here`);
  const spool = spoolAt(run, path);
  const { where, progress, skipping } = run;
  where.file = itemsName;
  let item: unknown;
  run.describe = () => ({ file: itemsName, offset: where.offset, preview: keyText(item) });
  if (skipping !== null) {
    skipping.place = () => ({ file: itemsName, offset: where.offset, line: null, record: keyText(item, limits.deadLetterRecordChars) });
  }
  const take = skipping === null ? push : skipping.guard(push);
  const read = async (): Promise<void> => {
    for (const piece of split.pieces) {
      where.offset = piece.from;
      for (const record of spool.records(piece.from, piece.to)) {
        item = decodeValue(record, 0, record.length);
        progress.bytes += record.length;
        take(item);
        where.offset++;
        where.record++;
        progress.tick();
        if (waits?.full === true) await waits.drain();
      }
    }
  };
  try {
    await unlessEnough(read());
  } finally {
    if (spool !== run.job.openSpool?.reader) spool.close();
  }
  return { records: progress.records, bytes: progress.bytes, groups: 0, invalidUtf8: 0 };
}

/** Thousands of tasks may read one spool, one after another. */
function spoolAt({ job: { openSpool } }: TaskParts, path: string): SpoolReader {
  if (openSpool?.reader && openSpool.path === path) return openSpool.reader;
  const spool = new SpoolReader(path);
  if (openSpool === undefined) return spool;
  openSpool.reader?.close();
  openSpool.path = path;
  openSpool.reader = spool;
  return spool;
}
