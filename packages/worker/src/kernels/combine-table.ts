// What a combining table is made of, and what it does (combine-kernel.ts).

import type { ColumnFold } from './column-fold-kernel.ts';
import type { KeyBatch, KeyQueue } from './key-batch.ts';
import type { WordKernel } from './word-kernel.ts';

export interface CombineDependencies {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly floats: Float64Array;
  /** Word index and number (a power of two) of the slots. */
  readonly slotsAt: number;
  readonly slotsMax: number;
  /** Word index of the entries, two words each. */
  readonly entriesAt: number;
  /** Where keys begin and must end. */
  readonly arenaFrom: number;
  readonly arenaTo: number;
  /** Flush when this many bytes are accounted for. */
  readonly bytesMax: number;
  /** A record over this is refused. */
  readonly recordBytesMax: number;
  readonly pickKey: (record: unknown) => unknown;
  readonly pickValue: (record: unknown) => unknown;
  readonly fold: (a: unknown, b: unknown) => unknown;
  /** Folds several numbers of the picked value in place, instead of `fold`; null: there is one value. */
  readonly columns: ColumnFold | null;
  /** Takes keys with numbers many at a time. */
  readonly batch: KeyBatch | null;
  /** Where numbers are added up by short strings: records wait here for a batch. null: each goes in by itself. */
  readonly queue: KeyQueue | null;
  /** The key of one ascending part; otherwise `putKey` writes the parts. */
  readonly simple: boolean;
  /** Writes all parts of the record's key at an address, gives the end. */
  readonly putKey: (record: unknown, at: number, limit: number) => number;
  /** Length of the group part that the last putKey wrote. */
  readonly groupLength: () => number;
  readonly encodeAsciiKey: (text: string, target: Uint8Array, at: number) => number;
  readonly encodeKey: (key: unknown, target: Uint8Array, at: number, limit: number) => number;
  readonly encodeTextKey: (source: Uint8Array, from: number, to: number, target: Uint8Array, at: number, limit: number) => number;
  readonly encodeValue: (value: unknown, target: Uint8Array, at: number, limit: number) => number;
  readonly decodeValue: (source: Uint8Array, from: number, to: number) => unknown;
  readonly numberBytes: (value: number) => number;
  readonly tooLarge: () => never;
  /** Spills all entries (but those whose key address is 0) and calls clear(). */
  readonly flush: () => void;
}

export interface CombineTable {
  /** Before the records of a task: the table is empty, whatever the memory held. */
  begin(): void;
  add(record: unknown): void;
  /** A record that never became a value: string key = valid UTF-8 in bytes[from, to), with a number. */
  addText(from: number, to: number, value: number): void;
  /** A record whose key was encoded elsewhere, as source[from, keyTo) with a group part of `group` bytes. Of several numbers the value is their list. */
  addEncoded(source: Uint8Array, key: { readonly from: number; readonly keyTo: number; readonly group: number }, value: unknown): void;
  /** The first so many keys of the batch, each a group, with their numbers. */
  addBatch(rows: number): void;
  /** The words of bytes[at, to) by a kernel that counts them; gives the index of one that it leaves to the caller, or `to`. */
  addWords(kernel: WordKernel, at: number, to: number, value: number): number;
  readonly count: () => number;
  /** Records that were folded into an entry. */
  readonly folded: () => number;
  clear(): void;
}
