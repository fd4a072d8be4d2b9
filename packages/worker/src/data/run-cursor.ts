// Reads one stretch of a run file record after record. A cursor holds one block in a buffer of the fixed memory; its current
// key and value lie there in place. Only the value of a record larger than a block is read in pieces, into a buffer that the
// consumer gives, and only when it is asked for.

import { blockHeaderBytes, blockRawBytesMax } from '@sheaf/protocol/graph';
import { compareBytes } from './compare.ts';
import type { Region, TaskMemory } from './memory.ts';
import type { OpenRun } from './run-file.ts';
import { CorruptRun, checkBlock, continuation, runHeaderBytes, storedBytesOf, unpackedBody } from './run-format.ts';

/** Where a cursor reads: whole stretches, or for a key range from the block that may hold its first key. */
export interface CursorStart {
  readonly partition: number;
  readonly offset: number;
  readonly storedBytes: number;
  /** A key range: records below `low` are skipped, the first that is not below `high` ends the cursor. */
  readonly low?: Uint8Array | undefined;
  readonly high?: Uint8Array | undefined;
}

export class RunCursor {
  /** The current record; valid after `next()` gave true and until it is called again. Addresses in the fixed memory. */
  keyAt = 0;
  keyLength = 0;
  /** Length of the key's group part; the whole key when the edge orders no values. */
  groupLength = 0;
  valueLength = 0;
  /** A record of a merge is made of one, unless it was folded. */
  readonly mergedRecords = 1;

  private readonly run: OpenRun;
  private readonly memory: TaskMemory;
  private readonly ordered: boolean;
  private readonly expected: { readonly low: number; readonly high: number; readonly partition: number };
  /** `cursorBytes` of the fixed memory: a block's body, and behind it its header. */
  private readonly bufferAt: number;
  /** Next byte of the file to read, and where the stretch ends. */
  private offset: number;
  private readonly stretchEnd: number;
  private at = 0;
  private blockEnd = 0;
  private valueAt = 0;
  /** Bytes of the current value that are not in the block. */
  private missing = 0;
  /** The key range's lower end until a key has reached it, and its upper end. */
  private low: Uint8Array | undefined;
  private readonly high: Uint8Array | undefined;

  constructor(options: { run: OpenRun; memory: TaskMemory; buffer: Region; start: CursorStart; ordered: boolean }) {
    this.run = options.run;
    this.memory = options.memory;
    this.ordered = options.ordered;
    this.bufferAt = options.buffer.from;
    this.offset = options.start.offset;
    this.stretchEnd = options.start.offset + options.start.storedBytes;
    this.low = options.start.low;
    this.high = options.start.high;
    this.expected = { ...options.run.fingerprint, partition: options.start.partition };
    if (this.offset < runHeaderBytes) throw new CorruptRun(this.run.path, 'a stretch lies in the header');
  }

  /** Steps to the next record; false at the end of the stretch or of the key range. */
  next(): boolean {
    if (!this.step()) return false;
    while (this.low !== undefined) {
      if (this.compareTo(this.low) >= 0) this.low = undefined;
      else if (!this.step()) return false;
    }
    return this.high === undefined || this.compareTo(this.high) < 0;
  }

  private compareTo(key: Uint8Array): number {
    return compareBytes(this.memory.bytes, this.keyAt, this.keyAt + this.keyLength, key, 0, key.length);
  }

  private step(): boolean {
    while (this.missing > 0) this.missing -= this.readContinuation(this.bufferAt);
    if (this.at >= this.blockEnd) {
      if (this.offset >= this.stretchEnd) return false;
      this.at = this.bufferAt;
      this.blockEnd = this.at + this.readBlock(this.at, blockRawBytesMax, 0);
    }
    this.decodeRecord();
    return true;
  }

  /** For a kernel that steps from record to record by itself: reads the next block, behind what is left of a value. Null at the end. */
  nextBlock(missing: number): { readonly from: number; readonly to: number } | null {
    this.missing = missing;
    while (this.missing > 0) this.missing -= this.readContinuation(this.bufferAt);
    if (this.offset >= this.stretchEnd) return null;
    this.blockEnd = this.bufferAt + this.readBlock(this.bufferAt, blockRawBytesMax, 0);
    return { from: this.bufferAt, to: this.blockEnd };
  }

  /** Such a kernel stands on the record at `at`. */
  standOn(at: number): void {
    this.at = at;
    this.decodeRecord();
  }

  /** What of the current value is in blocks that have not been read. */
  get missingBytes(): number {
    return this.missing;
  }

  get mergedBytes(): number {
    return this.keyLength + this.valueLength;
  }

  /** The key range that is wanted. */
  get range(): { readonly low: Uint8Array | undefined; readonly high: Uint8Array | undefined } {
    return { low: this.low, high: this.high };
  }

  /** Address of the value's bytes. A value larger than a block is put together in `large`. */
  value(large: Region): number {
    if (this.missing === 0) return this.valueAt;
    const { bytes } = this.memory;
    const here = this.valueLength - this.missing;
    if (this.valueLength > large.to - large.from) throw new CorruptRun(this.run.path, `a value of ${this.valueLength} bytes`);
    bytes.copyWithin(large.from, this.valueAt, this.valueAt + here);
    let at = large.from + here;
    while (this.missing > 0) {
      const length = this.readContinuation(at);
      at += length;
      this.missing -= length;
    }
    return large.from;
  }

  private decodeRecord(): void {
    const { bytes } = this.memory;
    let at = this.at;
    let byte = bytes[at++] as number;
    let length = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      byte = bytes[at++] as number;
      length |= (byte & 127) << shift;
    }
    this.keyLength = length;
    if (this.ordered) {
      byte = bytes[at++] as number;
      length = byte & 127;
      for (let shift = 7; byte > 127; shift += 7) {
        byte = bytes[at++] as number;
        length |= (byte & 127) << shift;
      }
    }
    this.groupLength = length;
    byte = bytes[at++] as number;
    length = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      byte = bytes[at++] as number;
      length |= (byte & 127) << shift;
    }
    this.valueLength = length;
    this.keyAt = at;
    this.valueAt = at + this.keyLength;
    const end = this.valueAt + length;
    this.at = end;
    this.missing = end > this.blockEnd ? end - this.blockEnd : 0;
  }

  /** The next block of the current value. */
  private readContinuation(target: number): number {
    return this.readBlock(target, this.missing, continuation);
  }

  /** Reads the next block's body, of at most `most` bytes, to `target` and checks it; gives its length. */
  private readBlock(target: number, most: number, firstRecord: number): number {
    try {
      return this.checkedBlock(target, most, firstRecord);
    } catch (error) {
      throw this.run.placed(error);
    }
  }

  private checkedBlock(target: number, most: number, firstRecord: number): number {
    const { path } = this.run;
    const { buffer } = this.memory;
    const header = this.bufferAt + blockRawBytesMax;
    this.readFully(header, blockHeaderBytes);
    const length = storedBytesOf(path, buffer, header);
    if (length > most) throw new CorruptRun(path, 'a value is longer than its record says');
    if (this.offset + length > this.stretchEnd) throw new CorruptRun(path, 'a block reaches beyond its stretch');
    this.readFully(target, length);
    const { low, high, partition } = this.expected;
    checkBlock(path, this.memory, { header, body: target, bodyBytes: length }, { low, high, partition, firstRecord });
    const raw = unpackedBody(path, buffer, { header, body: target, bodyBytes: length }, most);
    if (raw === null) return length;
    this.memory.bytes.set(raw, target);
    return raw.length;
  }

  private readFully(target: number, length: number): void {
    let done = 0;
    while (done < length) {
      const count = this.run.readInto(this.memory.buffer, target + done, { offset: this.offset + done, length: length - done });
      if (count === 0) throw new CorruptRun(this.run.path, 'the file is cut short');
      done += count;
    }
    this.offset += length;
  }
}
