// The records of a broadcast by key, as a stage looks them up. They are bytes that the executor keeps for its next tasks, and are
// decoded each time: objects that lie all over the heap would cost more to fetch than to make, and functions may change them.

import { limits } from '@sheaf/protocol';
import type { StepId } from '@sheaf/protocol/graph';
import { BadKey, KeyTooLarge } from '../../data/bad-key.ts';
import { encodeKey } from '../../data/key-codec.ts';
import type { RecordTable } from '../../data/record-table.ts';
import { decodeValue } from '../../data/value-codec.ts';

/** Takes a key's bytes; records are looked up one after another. */
export const keyScratch: Uint8Array = new Uint8Array(limits.keyBytesMax + 64);

export class LookupTable {
  /** An example: of the first record; undefined where there is none. */
  readonly firstKey: unknown;
  readonly records: RecordTable;

  constructor(records: RecordTable, firstKey: unknown) {
    this.records = records;
    this.firstKey = firstKey;
  }

  /** The first record of a key, in the order of the broadcast; 0 for none. */
  find(key: unknown): number {
    return this.records.find(keyScratch, encodeKey(key, keyScratch, 0, keyScratch.length));
  }

  read(entry: number): unknown {
    return this.records.record(entry, decodeValue);
  }
}

/** Says which step of its stage refused a key. */
export function refusedAt(error: unknown, step: StepId): unknown {
  if (error instanceof BadKey || error instanceof KeyTooLarge) error.step = step;
  return error;
}
