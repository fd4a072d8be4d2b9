// The sinks of a stage that may have to take a record back: each looks at what it is given at once, as a bad key or a record that
// cannot be written is the record's fault, and takes it for good when the record is through. Outside a record of the input (what
// mapEnd or a batch gives) they take directly.

import { limits } from '@sheaf/protocol';
import type { FunctionRef, KeyPart } from '@sheaf/protocol/graph';
import type { ByteSink } from '@sheaf/storage';
import { BadKey, KeyTooLarge } from '../../data/bad-key.ts';
import { encodeKey, invertBytes } from '../../data/key-codec.ts';
import { encodeValue } from '../../data/value-codec.ts';
import type { LoadedJob } from '../loaded-job.ts';
import type { PartWriter } from '../output/part-writer.ts';
import type { EdgeWriter } from '../shuffle/edge-writer.ts';
import { type Pick, pickOf } from '../steps/selects.ts';
import type { Push } from '../steps/step-calls.ts';
import type { Held, HeldRecords, HeldSink } from './held-records.ts';

export interface HeldEdgeOptions {
  readonly writer: EdgeWriter;
  readonly held: HeldRecords;
  readonly job: LoadedJob;
  /** Says which function is asked next; null: none of the job's. */
  readonly asks: (asked: FunctionRef | null) => void;
}

interface KeyPartAsked {
  readonly part: KeyPart;
  readonly pick: Pick;
  readonly asked: FunctionRef | null;
}

/** An edge: key and value are encoded at once, by the writer's own rules. */
export class HeldEdge implements HeldSink {
  private readonly options: HeldEdgeOptions;
  private readonly parts: readonly KeyPartAsked[];
  private readonly valueAsked: FunctionRef | null;
  /** Length of the group part of the last key. */
  private group = 0;

  constructor(options: HeldEdgeOptions) {
    this.options = options;
    const { key, value } = options.writer.shuffle;
    this.parts = key.map(part => ({
      part,
      pick: pickOf(part.select, options.job),
      asked: part.select.type === 'function' ? part.select.function : null,
    }));
    this.valueAsked = value.type === 'function' ? value.function : null;
  }

  readonly add: Push = record => {
    const { held, writer, asks } = this.options;
    if (!held.open) return writer.add(record);
    const from = held.used;
    const keyTo = this.putKey(record, from);
    asks(this.valueAsked);
    const to = writer.keyOnly ? keyTo : held.put(encodeValue, writer.pickValue(record), keyTo);
    held.keep({ sink: this, from, keyTo, group: this.group, to, value: undefined });
  };

  release(bytes: Buffer, held: Held): void {
    this.options.writer.addEncoded(bytes, held);
  }

  /** Writes the parts of the key one behind another, gives their end, and keeps the length of the group part. */
  private putKey(record: unknown, from: number): number {
    const { held, writer, asks } = this.options;
    const { parts } = this;
    let end = from;
    let i = 0;
    this.group = 0;
    try {
      for (; i < parts.length; i++) {
        const { part, pick, asked } = parts[i] as KeyPartAsked;
        const at = end;
        asks(asked);
        end = held.put(encodeKey, pick(record), at);
        if (end - from > limits.keyBytesMax) throw new KeyTooLarge();
        if (part.desc) invertBytes(held.bytes, at, end);
        if (i === writer.shuffle.group - 1) this.group = end - from;
      }
    } catch (error) {
      if (error instanceof BadKey || error instanceof KeyTooLarge) error.part = i;
      throw error;
    }
    return end;
  }
}

/** A part: the record is encoded at once, and the encoder goes back to where it was should the record be taken back. */
export class HeldPart implements HeldSink, ByteSink {
  private readonly writer: PartWriter;
  private readonly held: HeldRecords;
  /** Where the encoder writes next. */
  private at = 0;

  constructor(writer: PartWriter, held: HeldRecords) {
    this.writer = writer;
    this.held = held;
  }

  readonly add: Push = record => {
    const { writer, held } = this;
    if (!held.open) return writer.write(record);
    const undo = writer.savepoint();
    if (undo !== undefined) held.onTakeBack(undo);
    const from = held.used;
    this.at = from;
    writer.encode(record, this);
    held.keep({ sink: this, from, keyTo: from, group: 0, to: this.at, value: undefined });
  };

  release(bytes: Buffer, { from, to }: Held): void {
    this.writer.writeEncoded(bytes, from, to);
  }

  text(text: string): void {
    // A UTF-16 unit has at most three bytes.
    this.held.reserve(this.at, this.at + text.length * 3);
    this.at += this.held.bytes.write(text, this.at);
  }

  bytes(source: Uint8Array, from: number, to: number): void {
    this.held.reserve(this.at, this.at + to - from);
    this.held.bytes.set(source.subarray(from, to), this.at);
    this.at += to - from;
  }
}

/** Whatever else keeps something of a record: `look` may refuse it and gives what `put` takes. */
export class HeldValue<T> implements HeldSink {
  private readonly held: HeldRecords;
  private readonly look: (record: unknown) => T;
  private readonly put: (looked: T) => void;

  constructor(held: HeldRecords, look: (record: unknown) => T, put: (looked: T) => void) {
    this.held = held;
    this.look = look;
    this.put = put;
  }

  readonly add: Push = record => {
    const { held } = this;
    const value = this.look(record);
    if (!held.open) return this.put(value);
    const { used } = held;
    held.keep({ sink: this, from: used, keyTo: used, group: 0, to: used, value });
  };

  release(_: Buffer, { value }: Held): void {
    this.put(value as T);
  }
}
