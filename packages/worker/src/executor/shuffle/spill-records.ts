// What is spilled, in the order of its sorted index: the records of an arena as they lie there, the entries of a combining table
// with their numbers encoded. Both give how many bytes of keys and values they wrote.

import type { RunWriter } from '../../data/run-writer.ts';
import { encodeNumbers, encodeNumberValue } from '../../data/value-codec.ts';
import { type ArenaIndex, entryWords, keyLengthMask } from '../../kernels/arena-sort.ts';
import type { ColumnFold } from '../../kernels/column-fold-kernel.ts';
import { type BatchKernel, batchWidthMax } from '../../kernels/key-batch.ts';
import type { RecordKernel } from '../../kernels/record-kernel.ts';

/** What an entry's numbers take when they are encoded, in whole 16 bytes: one, or a list of them. */
export function numbersBytesMax(columns: ColumnFold | null): number {
  return columns === null ? 16 : (9 * columns.width + 8 + 15) & ~15;
}

export function putArena(run: RunWriter, index: ArenaIndex, { kernel, ordered, inGroups }: ArenaSpill): number {
  const { words } = index;
  return putGathered(run, index, {
    kernel,
    gather: (entry, end, room) =>
      inGroups ? kernel.gatherGroups(entry, end, room, run.roomEnd) : kernel.gather(entry, end, ordered, room, run.roomEnd),
    put(entry) {
      const address = words[entry + 2] as number;
      const keyLength = words[address >>> 2] as number;
      const valueLength = words[(address + 4) >>> 2] as number;
      const group = ordered ? (words[(address - 4) >>> 2] as number) : keyLength;
      run.put(words[entry + 3] as number, address + 8, keyLength, group, address + 8 + keyLength, valueLength);
      return keyLength + valueLength;
    },
  });
}

interface Gathering {
  readonly kernel: Pick<RecordKernel, 'outEnd' | 'movedBytes'>;
  /** Writes entries, given by their addresses, to the room of the open block; gives the address of the first that is left. null: none can be. */
  readonly gather: ((entry: number, entriesEnd: number, room: number) => number) | null;
  /** Puts the record of one entry, given by its word, and gives its bytes. */
  readonly put: (entry: number) => number;
}

/** Block by block: the first record of each is put, those that have room behind it are gathered. Gives the bytes of all. */
function putGathered(run: RunWriter, { words, entries, count }: ArenaIndex, { kernel, gather, put }: Gathering): number {
  const end = entries + count * entryWords;
  let spilledBytes = 0;
  for (let entry = entries; entry < end; ) {
    const room = gather === null ? -1 : run.roomFrom(words[entry + 3] as number);
    const next = gather === null || room < 0 ? entry : gather(entry * 4, end * 4, room) / 4;
    if (next > entry) {
      run.wrote(kernel.outEnd(), (next - entry) / entryWords);
      spilledBytes += kernel.movedBytes();
      entry = next;
    } else {
      spilledBytes += put(entry);
      entry += entryWords;
    }
  }
  return spilledBytes;
}

export interface ArenaSpill {
  readonly kernel: RecordKernel;
  /** The edge orders values. */
  readonly ordered: boolean;
  /** Values of one key become one record. */
  readonly inGroups: boolean;
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
  const { kernel, ordered, columns } = table;
  const width = columns === null ? 0 : columns.width;
  const gather = (entry: number, end: number, room: number): number => kernel.gather(entry, end, width, ordered, room, run.roomEnd);
  const put = (entry: number): number => putEntry(run, index, table, entry);
  return putGathered(run, index, { kernel, gather: width > batchWidthMax ? null : gather, put });
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
