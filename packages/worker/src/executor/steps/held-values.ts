// The values of one side of a join while the other side streams past them: on the heap while they are few, in a file of the
// task's directory when they are more. The file has no name once it is open, so nothing of it stays, however the task ends.

import { closeSync, mkdirSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '@sheaf/protocol';
import { decodeValue, encodeValue } from '../../data/value-codec.ts';

/** In front of each value in the file: the length of its bytes. */
const lengthBytes = 4;

export class HeldValues {
  /** How many there are. */
  length = 0;
  private readonly directory: string;
  private values: unknown[] = [];
  private heldBytes = 0;
  private file: number | null = null;
  private fileBytes = 0;
  /** What is on its way to the file: buffer[0, used). */
  private buffer: Buffer = Buffer.alloc(0);
  private used = 0;
  private window: Buffer = Buffer.alloc(0);

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Holds a value that is so many bytes when it is encoded. */
  add(value: unknown, bytes: number): void {
    this.length++;
    if (this.file !== null) return this.append(value);
    this.values.push(value);
    this.heldBytes += bytes;
    if (this.heldBytes > limits.heldValueBytesMax || this.values.length > limits.heldValuesMax) this.moveToFile();
  }

  /** Gives the values in the order they came; those of a file are read and decoded anew each time. */
  each(take: (value: unknown) => void): void {
    if (this.file === null) for (const value of this.values) take(value);
    else this.eachOfFile(this.file, take);
  }

  /** Forgets all values, and gives back what they took on the disk. */
  clear(): void {
    this.length = 0;
    this.values = [];
    this.heldBytes = 0;
    if (this.file === null) return;
    closeSync(this.file);
    this.file = null;
    this.fileBytes = 0;
    this.used = 0;
  }

  private moveToFile(): void {
    const path = join(this.directory, 'held-values');
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    this.file = openSync(path, 'w+');
    unlinkSync(path);
    if (this.buffer.length === 0) this.buffer = Buffer.alloc(limits.blockBytes);
    const { values } = this;
    this.values = [];
    this.heldBytes = 0;
    for (const value of values) this.append(value);
  }

  private append(value: unknown): void {
    for (;;) {
      const from = this.used + lengthBytes;
      const end = encodeValue(value, this.buffer, from, this.buffer.length);
      if (end >= 0) {
        this.buffer.writeUInt32LE(end - from, this.used);
        this.used = end;
        return;
      }
      if (this.used > 0) this.flush();
      else this.buffer = Buffer.alloc(this.buffer.length * 2);
    }
  }

  private flush(): void {
    for (let from = 0; from < this.used; )
      from += writeSync(this.file as number, this.buffer, from, this.used - from, this.fileBytes + from);
    this.fileBytes += this.used;
    this.used = 0;
  }

  private eachOfFile(file: number, take: (value: unknown) => void): void {
    this.flush();
    if (this.window.length < this.buffer.length) this.window = Buffer.alloc(this.buffer.length);
    let at = 0;
    let from = 0;
    let to = 0;
    while (at < this.fileBytes) {
      // What is left of the window moves to its front, and the window is filled.
      this.window.copyWithin(0, from, to);
      to -= from;
      from = 0;
      const read = readSync(file, this.window, to, this.window.length - to, at + to);
      to += read;
      for (;;) {
        if (to - from < lengthBytes) break;
        const end = from + lengthBytes + this.window.readUInt32LE(from);
        if (end > to) break;
        take(decodeValue(this.window, from + lengthBytes, end));
        from = end;
      }
      at += from;
      if (from === 0 && read === 0) throw new Error('held values: the file ends within a value');
    }
  }
}
