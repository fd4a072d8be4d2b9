// The index of what is about to be spilled: an entry of four words for each record of an arena or each entry of a table, with the
// address of its key and its partition. How many bytes all keys share is found on the way; the sort leaves them out.

import type { TaskMemory } from '../../data/memory.ts';
import { entryWords, keyLengthMask, sortKernelOf } from '../../kernels/arena-sort.ts';
import type { Partitioning } from './partitioner.ts';

export interface IndexTarget {
  readonly memory: TaskMemory;
  /** Word index of the first entry. */
  readonly entries: number;
  readonly partitions: number;
  readonly partitioning: Partitioning;
}

export interface SpillIndex {
  /** How many entries were made. */
  readonly count: number;
  /** Bytes that all keys share. */
  readonly skip: number;
}

/** Walks an arena, whose records lie one behind another in [from, to). */
export function indexArena(
  target: IndexTarget,
  arena: { readonly from: number; readonly to: number; readonly ordered: boolean },
): SpillIndex {
  const kernel = sortKernelOf(target.memory);
  const skip = kernel.index(arena.from, arena.to, arena.ordered ? 4 : 0, target.entries * 4);
  const count = kernel.indexed();
  choosePartitions(target, { count, groupAt: arena.ordered ? -4 : 0 });
  return { count, skip };
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

/** Goes through the entries of a table, past those that were taken out of it. */
export function indexTable(target: IndexTarget, table: { readonly entriesAt: number; readonly count: number }): SpillIndex {
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
  return { count, skip: Math.max(0, skip) };
}

function sharedPrefix(bytes: Uint8Array, a: number, b: number, most: number): number {
  let i = 0;
  while (i < most && bytes[a + i] === bytes[b + i]) i++;
  return i;
}
