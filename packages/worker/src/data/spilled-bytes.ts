// Bytes that are written once, one stretch behind another, and read again by their place. Their file has no name once it is open,
// so nothing of it stays, however the process ends.

import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { limits } from '@sheaf/protocol';

export class SpilledBytes {
  private readonly file: number;
  private written = 0;
  /** What is on its way to the file: buffer[0, used). */
  private readonly buffer: Buffer = Buffer.alloc(limits.blockBytes);
  private used = 0;
  private window: Buffer = Buffer.alloc(limits.blockBytes);

  constructor(directory: string, name: string) {
    const path = join(directory, name);
    this.file = openSync(path, 'w+');
    unlinkSync(path);
  }

  /** Gives the place of the first byte. */
  append(bytes: Uint8Array): number {
    const place = this.written + this.used;
    if (bytes.length > this.buffer.length - this.used) this.flush();
    if (bytes.length > this.buffer.length) this.write(bytes);
    else {
      this.buffer.set(bytes, this.used);
      this.used += bytes.length;
    }
    return place;
  }

  /** So many bytes from a place on, until the next call. */
  read(place: number, length: number): Uint8Array {
    this.flush();
    if (this.window.length < length) this.window = Buffer.alloc(length * 2);
    for (let done = 0; done < length; ) {
      const read = readSync(this.file, this.window, done, length - done, place + done);
      if (read === 0) throw new Error('spilled bytes end too early');
      done += read;
    }
    return this.window.subarray(0, length);
  }

  close(): void {
    closeSync(this.file);
  }

  private flush(): void {
    this.write(this.buffer.subarray(0, this.used));
    this.used = 0;
  }

  private write(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) from += writeSync(this.file, bytes, from, bytes.length - from, this.written + from);
    this.written += bytes.length;
  }
}
