// How a combining table's region is cut: slots, entries, keys and values, and the spare half of the sort index. The layout
// never shows in what is written: a table is flushed by a count of bytes (combine-kernel.ts), for which there is always room.

import { limits } from '@sheaf/protocol';
import type { Region } from '../../data/memory.ts';

/** Room beyond the count for the record that fills it: the largest value that is put beside others, and the largest key. */
const slackBytes = 1_048_576 + limits.keyBytesMax + 64;
/** What is taken off the count for rounding. */
const roundingBytes = 4_096;

export interface TableLayout {
  /** Word index and number (a power of two) of the slots, two words each. */
  readonly slotsAt: number;
  readonly slotsMax: number;
  /** Word index of the entries, two words each. */
  readonly entriesAt: number;
  /** Where keys and values lie. */
  readonly arenaFrom: number;
  readonly arenaTo: number;
  /** The count of bytes that flushes the table. */
  readonly bytesMax: number;
  /** The largest value that finds room in an empty table. */
  readonly valueBytesMax: number;
}

/**
 * Cuts a region. An entry is accounted for with at least 33 bytes (32, and a key or number of one), so `bytesMax / 33` entries
 * are the most there can be: 16 bytes each of slots at most (one to two of 8, as they double), which the sort index replaces
 * when it is needed, 8 of entry and 16 of spare. A key takes at most 23 bytes more than it has, fewer than it is accounted for.
 */
export function tableLayout(region: Region): TableLayout {
  const size = region.to - region.from - slackBytes;
  const bytesMax = Math.floor(size / (1 + 48 / 33)) - roundingBytes;
  const entriesMax = Math.ceil(bytesMax / 33) + 1;
  let slotsMax = 16;
  while (slotsMax * 2 <= entriesMax * 2) slotsMax *= 2;
  const slotsAt = region.from >>> 2;
  const entriesAt = ((region.from + entriesMax * 16 + 15) & ~15) >>> 2;
  const arenaFrom = (entriesAt * 4 + entriesMax * 8 + 15) & ~15;
  const arenaTo = (region.to - entriesMax * 16 - 16) & ~15;
  const valueBytesMax = arenaTo - arenaFrom - limits.keyBytesMax - 64;
  return { slotsAt, slotsMax, entriesAt, arenaFrom, arenaTo, bytesMax, valueBytesMax };
}
