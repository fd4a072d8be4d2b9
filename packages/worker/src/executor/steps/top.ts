// The `top` step: the first `count` records by an order of key parts, equal ones in the order they came. A binary heap whose
// root is the last of those kept; keys are compared as encoded bytes, like everywhere.

import type { KeyPart } from '@sheaf/protocol/graph';
import { compareBytes } from '../../data/compare.ts';
import { encodeKey, invertBytes } from '../../data/key-codec.ts';
import type { LoadedJob } from '../loaded-job.ts';
import { pickOf } from './selects.ts';

interface Keyed {
  readonly key: Uint8Array;
  readonly record: unknown;
}

interface Kept extends Keyed {
  readonly order: number;
}

export class Top {
  private readonly count: number;
  private readonly keyOf: (record: unknown) => Uint8Array;
  private heap: Kept[] = [];
  private seen = 0;

  constructor(count: number, by: readonly KeyPart[], job: LoadedJob) {
    this.count = count;
    this.keyOf = keyEncoder(by, job);
  }

  add(record: unknown): void {
    this.put(this.look(record));
  }

  /** The record with its key; nothing is kept of it yet. */
  look(record: unknown): Keyed {
    return { key: this.keyOf(record), record };
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

/** Encodes the parts of a record's key into bytes of its own. */
function keyEncoder(parts: readonly KeyPart[], job: LoadedJob): (record: unknown) => Uint8Array {
  const picks = parts.map(part => pickOf(part.select, job));
  let scratch = new Uint8Array(1024);
  return record => {
    for (;;) {
      let end = 0;
      for (let i = 0; i < picks.length && end >= 0; i++) {
        const from = end;
        end = encodeKey(picks[i]?.(record), scratch, from, scratch.length);
        if (end >= 0 && parts[i]?.desc === true) invertBytes(scratch, from, end);
      }
      if (end >= 0) return scratch.slice(0, end);
      scratch = new Uint8Array(scratch.length * 2);
    }
  };
}
