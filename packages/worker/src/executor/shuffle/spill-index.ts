// The sorted index of what is about to be spilled: an entry of four words for each record of an arena or each entry of a table, with the
// address of its key and its partition. How many bytes all keys share is found on the way; the sort leaves them out.

import type { TaskMemory } from '../../data/memory.ts';
import { type ArenaIndex, entryWords, keyLengthMask, sortArena, sortKernelOf } from '../../kernels/arena-sort.ts';
import { distinctKernelOf, distinctRecordsMin } from '../../kernels/distinct-kernel.ts';
import type { Partitioning } from './partitioner.ts';

export interface IndexTarget {
  readonly memory: TaskMemory;
  /** Word index of the first entry. */
  readonly entries: number;
  readonly partitions: number;
  readonly partitioning: Partitioning;
}

/**
 * Walks an arena, whose records lie one behind another in [from, to), and gives its sorted index. Where keys come again and again, the
 * distinct ones are sorted, and the records follow them.
 */
export function sortedIndex(
  target: IndexTarget,
  arena: { readonly from: number; readonly to: number; readonly ordered: boolean },
): ArenaIndex {
  const { memory, entries, partitions } = target;
  const { bytes, words } = memory;
  const kernel = sortKernelOf(memory);
  const skip = kernel.index(arena.from, arena.to, arena.ordered ? 4 : 0, entries * 4);
  const count = kernel.indexed();
  const index: ArenaIndex = { bytes, words, entries, spare: entries + count * entryWords, count, partitions };
  const groupAt = arena.ordered ? -4 : 0;
  const distinct = distinctKernelOf(memory);
  const keys = count < distinctRecordsMin ? 0 : distinct.number(entries * 4, count, index.spare * 4);
  const keysAt = keys === 0 ? entries : (distinct.keysAt() >>> 0) / 4;
  const sorted = keys === 0 ? index : { ...index, entries: keysAt, spare: keysAt + keys * entryWords, count: keys };
  choosePartitions({ ...target, entries: sorted.entries }, { count: sorted.count, groupAt });
  sortArena(memory, sorted, skip);
  if (keys > 0) distinct.expand();
  return index;
}

/** Of entries in partition 0. `groupAt`: where the length of a record's group part lies, from its address. */
function choosePartitions(
  { memory, entries, partitions, partitioning }: IndexTarget,
  { count, groupAt }: { readonly count: number; readonly groupAt: number },
): void {
  if (partitioning === 'one') return;
  if (partitioning === 'hash') {
    sortKernelOf(memory).partition(entries * 4, count, groupAt, partitions);
    return;
  }
  const { words } = memory;
  for (let entry = entries; entry < entries + count * entryWords; entry += entryWords) {
    const address = words[entry + 2] as number;
    const group = (words[(address + groupAt) >>> 2] as number) & keyLengthMask;
    words[entry + 3] = partitioning(address + 8, address + 8 + group);
  }
}

/** Goes through the entries of a table, past those that were taken out of it. `spare`: a word index, as in ArenaIndex. */
export function sortedTable(
  target: IndexTarget,
  table: { readonly entriesAt: number; readonly count: number; readonly spare: number },
): ArenaIndex {
  const { memory, entries } = target;
  const { words } = memory;
  let skip = -1;
  let first = 0;
  let entry = entries;
  for (let i = 0; i < table.count; i++) {
    const address = words[table.entriesAt + i * 2 + 1] as number;
    if (address === 0) continue;
    const keyLength = (words[address >>> 2] as number) & keyLengthMask;
    words[entry + 2] = address;
    words[entry + 3] = 0;
    entry += entryWords;
    if (skip < 0) {
      first = address + 8;
      skip = keyLength;
    } else if (skip > 0) {
      skip = sharedPrefix(memory.bytes, first, address + 8, skip < keyLength ? skip : keyLength);
    }
  }
  const count = (entry - entries) / entryWords;
  choosePartitions(target, { count, groupAt: 4 });
  const index: ArenaIndex = { bytes: memory.bytes, words, entries, spare: table.spare, count, partitions: target.partitions };
  sortArena(memory, index, Math.max(0, skip));
  return index;
}

function sharedPrefix(bytes: Uint8Array, a: number, b: number, most: number): number {
  let i = 0;
  while (i < most && bytes[a + i] === bytes[b + i]) i++;
  return i;
}
