// The counters of each committed task, packed: about 35 bytes a task. They are kept one by one so that a task that runs again
// takes its old counts back before it gives its new ones: exactly one attempt of a task counts.
// A row is a list of numbers: the built-in counters in order, then name index and value of each that user code counted.

import type { TaskCounters } from '@sheaf/protocol/messages';
import { found } from './assert.ts';

type BuiltIn = Exclude<keyof TaskCounters, 'user'>;

/** The order of counters in rows and in the journal: only ever appended to. */
export const counterNames: readonly BuiltIn[] = [
  'recordsIn',
  'bytesIn',
  'recordsOut',
  'bytesOut',
  'spills',
  'spilledBytes',
  'combinedRecords',
  'groups',
  'skippedRecords',
  'invalidUtf8',
];

/** Integers up to here are packed as seven bits a byte; others take nine bytes. */
const packedMax = 2 ** 51;

export class CounterTable {
  /** Offset of each task's row; 0: none. */
  private readonly starts: Uint32Array;
  private arena = new Uint8Array(256);
  private used = 1;

  constructor(tasks: number) {
    this.starts = new Uint32Array(tasks);
  }

  set(task: number, row: readonly number[]): void {
    const bytes = pack([row.length, ...row]);
    const start = found(this.starts[task], 'row');
    const reader = { at: start };
    if (start !== 0) this.readRow(reader);
    const room = reader.at - start;
    if (start !== 0 && room === bytes.length) {
      this.arena.set(bytes, start);
      return;
    }
    this.reserve(bytes.length);
    this.arena.set(bytes, this.used);
    this.starts[task] = this.used;
    this.used += bytes.length;
  }

  /** The task's row as it was set last, or empty. */
  get(task: number): readonly number[] {
    const start = found(this.starts[task], 'row');
    return start === 0 ? [] : this.readRow({ at: start });
  }

  private readRow(reader: { at: number }): number[] {
    const row: number[] = [];
    const length = this.readNumber(reader);
    for (let i = 0; i < length; i++) row.push(this.readNumber(reader));
    return row;
  }

  private readNumber(reader: { at: number }): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = found(this.arena[reader.at++], 'byte');
      value += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
    if (value % 2 === 0) return value / 2;
    reader.at += 8;
    return new DataView(this.arena.buffer).getFloat64(reader.at - 8);
  }

  private reserve(bytes: number): void {
    if (this.used + bytes <= this.arena.length) return;
    const larger = new Uint8Array(Math.max(this.arena.length * 2, this.used + bytes));
    larger.set(this.arena);
    this.arena = larger;
  }
}

function pack(numbers: readonly number[]): readonly number[] {
  const bytes: number[] = [];
  for (const n of numbers) {
    if (Number.isInteger(n) && n >= 0 && n < packedMax && !Object.is(n, -0)) {
      let rest = n * 2;
      for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
      bytes.push(rest);
    } else {
      bytes.push(1, ...new Uint8Array(float64Bytes(n)));
    }
  }
  return bytes;
}

function float64Bytes(n: number): ArrayBuffer {
  const bytes = new ArrayBuffer(8);
  new DataView(bytes).setFloat64(0, n);
  return bytes;
}
