// What one record of the input has given so far, held back until it is through all steps: when a function throws on it, nothing
// of it may be left. What goes to edges and parts is held as the bytes it will be, as the job may change afterwards what it gave.

import { FailureError } from '@sheaf/protocol';

/** Something that a sink will take: bytes[from, to), of which the key ends at `keyTo` and its group part is `group` long; or a value. */
export interface Held {
  readonly sink: HeldSink;
  readonly from: number;
  readonly keyTo: number;
  readonly group: number;
  readonly to: number;
  readonly value: unknown;
}

export interface HeldSink {
  /** Takes what it has held: the record is through. */
  release(bytes: Buffer, held: Held): void;
}

/** Writes a value into target[at, limit) and gives its end, or a negative number when there is no room. */
type Encode = (value: unknown, target: Uint8Array, at: number, limit: number) => number;

const bytesMin = 65_536;
/** What a held record takes beside its bytes, about. */
const entryBytes = 128;

export class HeldRecords {
  /** A record of the input is on its way. */
  open = false;
  bytes: Buffer = Buffer.allocUnsafe(bytesMin);
  /** End of the bytes that are held. */
  used = 0;
  private readonly bytesMax: number;
  private readonly entries: Held[] = [];
  private readonly undos: (() => void)[] = [];

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  begin(): void {
    this.open = true;
  }

  /** Holds what lies behind `used`, up to its `to`. */
  keep(held: Held): void {
    this.used = held.to;
    this.entries.push(held);
    if (this.used + this.entries.length * entryBytes > this.bytesMax) throw this.tooMuch();
  }

  /** Called should the record turn out to be bad; the last one first. */
  onTakeBack(undo: () => void): void {
    if (this.open) this.undos.push(undo);
  }

  /** The record is through. */
  release(): void {
    this.open = false;
    for (const held of this.entries) held.sink.release(this.bytes, held);
    this.forget();
  }

  /** The record is bad. */
  takeBack(): void {
    this.open = false;
    for (const undo of this.undos.toReversed()) undo();
    this.forget();
  }

  /** Encodes a value at bytes[at …), behind what is held, and gives its end. */
  put(encode: Encode, value: unknown, at: number): number {
    for (;;) {
      const end = encode(value, this.bytes, at, this.bytes.length);
      if (end >= 0) return end;
      this.reserve(at, this.bytes.length + 1);
    }
  }

  /** Makes room up to `to`; what lies before `at` stays. */
  reserve(at: number, to: number): void {
    if (to <= this.bytes.length) return;
    if (to > this.bytesMax) throw this.tooMuch();
    const larger = Buffer.allocUnsafe(Math.min(this.bytesMax, Math.max(to, this.bytes.length * 2)));
    this.bytes.copy(larger, 0, 0, at);
    this.bytes = larger;
  }

  private forget(): void {
    this.entries.length = 0;
    this.undos.length = 0;
    this.used = 0;
  }

  private tooMuch(): FailureError {
    const message = `one record of the input gives more than ${this.bytesMax} bytes (settings.memoryMb), which onError holds back until the record is through: raise memoryMb, or do without onError`;
    return new FailureError({ code: 'E_RECORD_TOO_LARGE', message });
  }
}
