// What is spilled, in the order of its sorted index: the records of an arena as they lie there, the entries of a combining table
// with their numbers encoded. Both give how many bytes of keys and values they wrote.

import { type ArenaIndex, entryWords, keyLengthMask } from '../../data/arena-sort.ts';
import type { RunWriter } from '../../data/run-writer.ts';
import { encodeNumbers, encodeNumberValue } from '../../data/value-codec.ts';
import type { ColumnFold } from '../../kernels/column-fold-kernel.ts';
import { type BatchKernel, batchWidthMax } from '../../kernels/key-batch.ts';
import type { RecordKernel } from '../../kernels/record-kernel.ts';

/** What an entry's numbers take when they are encoded, in whole 16 bytes: one, or a list of them. */
export function numbersBytesMax(columns: ColumnFold | null): number {
  return columns === null ? 16 : (9 * columns.width + 8 + 15) & ~15;
}

/** Block by block: the first record of each is put, those that have room behind it are gathered. */
export function putArena(run: RunWriter, { words, entries, count }: ArenaIndex, spill: ArenaSpill): number {
  const { kernel, ordered } = spill;
  let spilledBytes = 0;
  for (let i = 0, entry = entries; i < count; ) {
    const partition = words[entry + 3] as number;
    const room = run.roomFrom(partition);
    if (room >= 0) {
      const next = kernel.gather(entry * 4, (entries + count * entryWords) * 4, ordered, room, run.roomEnd) / 4;
      const gathered = (next - entry) / entryWords;
      if (gathered > 0) {
        run.wrote(kernel.outEnd(), gathered);
        spilledBytes += kernel.movedBytes();
        i += gathered;
        entry = next;
        continue;
      }
    }
    const address = words[entry + 2] as number;
    const keyLength = words[address >>> 2] as number;
    const valueLength = words[(address + 4) >>> 2] as number;
    const group = ordered ? (words[(address - 4) >>> 2] as number) : keyLength;
    run.put(partition, address + 8, keyLength, group, address + 8 + keyLength, valueLength);
    spilledBytes += keyLength + valueLength;
    i++;
    entry += entryWords;
  }
  return spilledBytes;
}

export interface ArenaSpill {
  readonly kernel: RecordKernel;
  /** The edge orders values. */
  readonly ordered: boolean;
}

export interface TableEntries {
  readonly kernel: BatchKernel;
  /** The edge orders values. */
  readonly ordered: boolean;
  /** Room for the encoded numbers of one entry. */
  readonly numbersAt: number;
  readonly floats: Float64Array;
  readonly columns: ColumnFold | null;
}

/** As putArena; a value that is no number is put, too. */
export function putTable(run: RunWriter, index: ArenaIndex, table: TableEntries): number {
  const { words, entries, count } = index;
  const { kernel, ordered, columns } = table;
  const width = columns === null ? 0 : columns.width;
  let spilledBytes = 0;
  for (let i = 0, entry = entries; i < count; ) {
    const room = width > batchWidthMax ? -1 : run.roomFrom(words[entry + 3] as number);
    if (room >= 0) {
      const next = kernel.gather(entry * 4, (entries + count * entryWords) * 4, width, ordered, room, run.roomEnd) / 4;
      const gathered = (next - entry) / entryWords;
      if (gathered > 0) {
        run.wrote(kernel.outEnd(), gathered);
        spilledBytes += kernel.movedBytes();
        i += gathered;
        entry = next;
        continue;
      }
    }
    spilledBytes += putEntry(run, index, table, entry);
    i++;
    entry += entryWords;
  }
  return spilledBytes;
}

function putEntry(run: RunWriter, { words, bytes }: ArenaIndex, table: TableEntries, entry: number): number {
  const { numbersAt, floats, columns } = table;
  const numbersTo = numbersAt + numbersBytesMax(columns);
  const address = words[entry + 2] as number;
  const header = words[address >>> 2] as number;
  const keyLength = header & keyLengthMask;
  let valueAt = numbersAt;
  let valueTo = numbersAt;
  if (columns !== null) {
    valueTo = encodeNumbers(floats, { from: (address >>> 3) - columns.width, width: columns.width }, bytes, numbersAt);
  } else if (header === keyLength) {
    valueTo = encodeNumberValue(floats[(address - 8) >>> 3] as number, bytes, numbersAt, numbersTo);
  } else {
    valueAt = words[(address - 8) >>> 2] as number;
    valueTo = valueAt + (words[(address - 4) >>> 2] as number);
  }
  run.put(words[entry + 3] as number, address + 8, keyLength, words[(address + 4) >>> 2] as number, valueAt, valueTo - valueAt);
  return keyLength + valueTo - valueAt;
}
