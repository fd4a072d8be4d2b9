// The chain of the journal's rows: each row's crc covers its sequence, its epoch, its body and the crc of the row before, so
// that a changed, missing, repeated or foreign row is found wherever it is; the head row names the last one, so that a lost end
// is found too. The first row is a start row of sequence 1 or, after a compaction, a checkpoint row: both begin a new chain.

import { crc32 } from 'node:zlib';
import { JournalError } from './journal-error.ts';

export interface JournalRow {
  readonly sequence: number;
  readonly epoch: number;
  readonly crc: number;
  readonly body: Uint8Array;
}

/** First byte of a body. `start`: a life of a coordinator began. `checkpoint`: a compaction rewrote what came before. */
export const rowKinds = { start: 1, checkpoint: 2, record: 3 } as const;

const header = Buffer.alloc(12);

/** The crc of a row that follows a row of crc `before` (0 at the beginning of a chain). */
export function chainedCrc(row: Omit<JournalRow, 'crc'>, before: number): number {
  header.writeDoubleBE(row.sequence, 0);
  header.writeUInt32BE(row.epoch, 8);
  return crc32(row.body, crc32(header, before));
}

/** Follows the rows of a journal from the first to the last and gives the last one. Throws E_JOURNAL_CORRUPT at the first that does not fit. */
export function verifyChain(rows: Iterable<JournalRow>, head: Pick<JournalRow, 'sequence' | 'crc'> | null): JournalRow | null {
  let last: JournalRow | null = null;
  for (const row of rows) {
    if (last === null) checkFirst(row);
    else if (row.sequence !== last.sequence + 1) throw corrupt(last.sequence + 1, `it is missing; the next one is ${row.sequence}`);
    if (chainedCrc(row, last?.crc ?? 0) !== row.crc) throw corrupt(row.sequence, 'its checksum does not hold');
    if (last !== null && row.epoch < last.epoch)
      throw corrupt(row.sequence, `its epoch ${row.epoch} is older than ${last.epoch} before it`);
    last = row;
  }
  if (head === null && last === null) return null;
  if (head === null || last === null) throw corrupt(head?.sequence ?? last?.sequence ?? 0, 'the journal lost either its rows or its head');
  if (head.sequence !== last.sequence || head.crc !== last.crc)
    throw corrupt(head.sequence, `it should be the last one, but that is ${last.sequence}`);
  return last;
}

function checkFirst(row: JournalRow): void {
  const begins = row.sequence === 1 ? rowKinds.start : rowKinds.checkpoint;
  if (row.body[0] !== begins) throw corrupt(row.sequence, 'rows before it are missing');
}

function corrupt(sequence: number, why: string): JournalError {
  return new JournalError(
    'E_JOURNAL_CORRUPT',
    `row ${sequence} of the journal: ${why}. Nothing was changed. Restore the state directory, or start on an empty one`,
  );
}
