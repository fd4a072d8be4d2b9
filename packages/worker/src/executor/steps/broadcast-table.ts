// The reading end of a broadcast edge: all records of its producer, in task order, as a list or as a table by key. They are
// held on the heap; a broadcast is for small sides.

import type { Select } from '@sheaf/protocol/graph';
import { encodeKey } from '../../data/key-codec.ts';
import type { LoadedJob } from '../loaded-job.ts';
import { type Pick, pickOf } from './selects.ts';

export class BroadcastTable {
  readonly records: readonly unknown[];
  /** An example: of the first record; undefined of a list, and where there is none. */
  readonly firstKey: unknown;
  private readonly byKey: Map<string, unknown[]> | null;
  private scratch = Buffer.alloc(1024);

  constructor(records: readonly unknown[], key: Select | null, job: LoadedJob) {
    this.records = records;
    this.byKey = key === null ? null : new Map();
    if (key === null) return;
    const pick = pickOf(key, job);
    if (records.length > 0) this.firstKey = pick(records[0]);
    for (const record of records) {
      const text = this.keyOf(pick, record);
      const list = this.byKey?.get(text);
      if (list === undefined) this.byKey?.set(text, [record]);
      else list.push(record);
    }
  }

  /** The records whose key is that of `pick(record)`. */
  find(pick: Pick, record: unknown): readonly unknown[] {
    if (this.byKey === null) throw new Error('a broadcast list has no keys');
    return this.byKey.get(this.keyOf(pick, record)) ?? [];
  }

  /** Equal keys have equal bytes, and so equal texts of one character a byte. */
  private keyOf(pick: Pick, record: unknown): string {
    for (;;) {
      const end = encodeKey(pick(record), this.scratch, 0, this.scratch.length);
      if (end >= 0) return this.scratch.latin1Slice(0, end);
      this.scratch = Buffer.alloc(this.scratch.length * 2);
    }
  }
}
