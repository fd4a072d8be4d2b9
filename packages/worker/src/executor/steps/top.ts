// The `top` step: the first `count` records by an order of key parts, equal ones in the order they came. A binary heap whose
// root is the last of those kept; keys are compared as encoded bytes, like everywhere.

import type { KeyPart } from '@sheaf/protocol/graph';
import { compareBytes } from '../../data/compare.ts';
import { encodeKey, invertBytes } from '../../data/key-codec.ts';
import type { LoadedJob } from '../loaded-job.ts';
import { type Pick, pickOf } from './selects.ts';

interface Keyed {
  readonly key: Uint8Array;
  readonly record: unknown;
}

interface Kept extends Keyed {
  readonly order: number;
}

export class Top {
  private readonly count: number;
  private readonly keys: KeyEncoder;
  private heap: Kept[] = [];
  private seen = 0;

  constructor(count: number, by: readonly KeyPart[], job: LoadedJob) {
    this.count = count;
    this.keys = new KeyEncoder(by, job);
  }

  /** Most records of many are not among the first: of those nothing is made but the bytes of a key, where the last one's were. */
  add(record: unknown): void {
    const { keys, heap } = this;
    const end = keys.encode(record);
    const last = heap[0];
    if (heap.length === this.count && (last === undefined || compareBytes(keys.bytes, 0, end, last.key, 0, last.key.length) >= 0)) {
      this.seen++;
      return;
    }
    this.put({ key: keys.bytes.slice(0, end), record });
  }

  /** The record with its key; nothing is kept of it yet. */
  look(record: unknown): Keyed {
    const end = this.keys.encode(record);
    return { key: this.keys.bytes.slice(0, end), record };
  }

  put({ key, record }: Keyed): void {
    const kept = { key, order: this.seen++, record };
    if (this.heap.length < this.count) {
      this.heap.push(kept);
      this.up(this.heap.length - 1);
    } else if (this.count > 0 && comesBefore(kept, this.heap[0] as Kept)) {
      this.heap[0] = kept;
      this.down();
    }
  }

  /** Gives the records in order and starts anew. */
  take(): unknown[] {
    const records = this.heap.sort((a, b) => (comesBefore(a, b) ? -1 : 1)).map(kept => kept.record);
    this.heap = [];
    this.seen = 0;
    return records;
  }

  private up(from: number): void {
    const { heap } = this;
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!comesBefore(heap[parent] as Kept, heap[i] as Kept)) return;
      swap(heap, i, parent);
      i = parent;
    }
  }

  private down(): void {
    const { heap } = this;
    for (let i = 0; ; ) {
      let last = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < heap.length && comesBefore(heap[last] as Kept, heap[child] as Kept)) last = child;
      }
      if (last === i) return;
      swap(heap, i, last);
      i = last;
    }
  }
}

function comesBefore(a: Kept, b: Kept): boolean {
  const order = compareBytes(a.key, 0, a.key.length, b.key, 0, b.key.length);
  return order !== 0 ? order < 0 : a.order < b.order;
}

function swap(heap: Kept[], a: number, b: number): void {
  const kept = heap[a] as Kept;
  heap[a] = heap[b] as Kept;
  heap[b] = kept;
}

/** Encodes the parts of a record's key. */
class KeyEncoder {
  /** The last key lies at their front. */
  bytes: Uint8Array = new Uint8Array(1024);
  private readonly parts: readonly KeyPart[];
  private readonly picks: readonly Pick[];

  constructor(parts: readonly KeyPart[], job: LoadedJob) {
    this.parts = parts;
    this.picks = parts.map(part => pickOf(part.select, job));
  }

  /** Gives the end of the key. */
  encode(record: unknown): number {
    const { parts, picks } = this;
    for (;;) {
      const { bytes } = this;
      let end = 0;
      for (let i = 0; i < picks.length && end >= 0; i++) {
        const from = end;
        end = encodeKey(picks[i]?.(record), bytes, from, bytes.length);
        if (end >= 0 && parts[i]?.desc === true) invertBytes(bytes, from, end);
      }
      if (end >= 0) return end;
      this.bytes = new Uint8Array(bytes.length * 2);
    }
  }
}
