// The spool of a `from.items` input: its items as encoded records, written once at submit and read by each task from the
// item where its split starts. A file of blocks, each with its checksum, and an index of the blocks at the end.
//
//   magic │ block … │ index: per block its offset and its first item │ items, blocks, index checksum, magic
//   block: body length, crc32 of the body, body = (length, record) …
//
// What must stay true: equal items make equal bytes; a flipped bit is found before a record of it is used.

import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { FailureError, limits, UsageError } from '@sheaf/protocol';

export interface SpoolNote {
  /** In hex, of the file: its address. */
  readonly sha256: string;
  readonly items: number;
  /** Size of the file. */
  readonly bytes: number;
}

const magic = Buffer.from('SHEAFSP1', 'latin1');
const blockHeadBytes = 8;
const indexEntryBytes = 12;
const tailBytes = 12 + magic.length;

/** Writes a spool in one pass with the memory of one block. Throws UsageError beyond limits.itemsSpoolBytesMax. */
export async function writeSpool(path: string, records: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<SpoolNote> {
  const partial = `${path}.partial`;
  const file = await open(partial, 'w');
  try {
    const writer = new SpoolWriter(file);
    await writer.write(magic);
    for await (const record of records) await writer.add(record);
    const note = await writer.finish();
    await file.sync();
    await file.close();
    await rename(partial, path);
    return note;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(partial, { force: true });
    throw error;
  }
}

class SpoolWriter {
  private readonly file: FileHandle;
  private readonly hash = createHash('sha256');
  private readonly index: { offset: number; item: number }[] = [];
  private body: Uint8Array[] = [];
  private bodyBytes = 0;
  private bodyItem = 0;
  private items = 0;
  private bytes = 0;

  constructor(file: FileHandle) {
    this.file = file;
  }

  async add(record: Uint8Array): Promise<void> {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(record.length);
    // The caller may use its memory again.
    this.body.push(head, record.slice());
    this.bodyBytes += head.length + record.length;
    this.items++;
    if (this.bodyBytes >= limits.blockBytes) await this.flush();
  }

  async finish(): Promise<SpoolNote> {
    if (this.bodyBytes > 0) await this.flush();
    const index = Buffer.alloc(this.index.length * indexEntryBytes);
    this.index.forEach(({ offset, item }, i) => {
      index.writeDoubleLE(offset, i * indexEntryBytes);
      index.writeUInt32LE(item, i * indexEntryBytes + 8);
    });
    const tail = Buffer.alloc(12);
    tail.writeUInt32LE(this.items, 0);
    tail.writeUInt32LE(this.index.length, 4);
    tail.writeUInt32LE(crc32(tail.subarray(0, 8), crc32(index)), 8);
    await this.write(Buffer.concat([index, tail, magic]));
    return { sha256: this.hash.digest('hex'), items: this.items, bytes: this.bytes };
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.bytes + bytes.length > limits.itemsSpoolBytesMax) {
      throw new UsageError(`the items of an input have more than ${limits.itemsSpoolBytesMax} bytes: write them to a file and read that`);
    }
    this.hash.update(bytes);
    await this.file.writeFile(bytes);
    this.bytes += bytes.length;
  }

  private async flush(): Promise<void> {
    const body = Buffer.concat(this.body);
    const head = Buffer.alloc(blockHeadBytes);
    head.writeUInt32LE(body.length, 0);
    head.writeUInt32LE(crc32(body), 4);
    this.index.push({ offset: this.bytes, item: this.bodyItem });
    await this.write(Buffer.concat([head, body]));
    this.body = [];
    this.bodyBytes = 0;
    this.bodyItem = this.items;
  }
}

/** Reads a spool synchronously, as an executor does. Throws FailureError E_CORRUPT for one that is damaged. */
export class SpoolReader {
  readonly items: number;
  private readonly path: string;
  private readonly descriptor: number;
  private readonly index: Buffer;
  /** Where the blocks end. */
  private readonly indexAt: number;
  /** The block that was read last, and an item in it. */
  private stand: { readonly block: number; readonly body: Buffer; item: number; at: number } | null = null;

  constructor(path: string) {
    this.path = path;
    this.descriptor = openSync(path, 'r');
    try {
      const size = fstatSync(this.descriptor).size;
      if (size < magic.length + tailBytes) throw this.corrupt('it is too short');
      const tail = this.bytesAt(size - tailBytes, tailBytes);
      const blocks = tail.readUInt32LE(4);
      const indexAt = size - tailBytes - blocks * indexEntryBytes;
      if (!magic.equals(tail.subarray(12)) || !magic.equals(this.bytesAt(0, magic.length)) || indexAt < magic.length) {
        throw this.corrupt('it is no whole spool');
      }
      this.indexAt = indexAt;
      this.index = this.bytesAt(indexAt, blocks * indexEntryBytes);
      if (crc32(tail.subarray(0, 8), crc32(this.index)) !== tail.readUInt32LE(8)) throw this.corrupt('its index is damaged');
      this.items = tail.readUInt32LE(0);
    } catch (error) {
      closeSync(this.descriptor);
      throw error;
    }
  }

  /** The records of the items [from, to). A record is good until the next one is taken. Items behind those read last are found at once. */
  *records(from: number, to: number): Generator<Uint8Array, void, undefined> {
    const last = Math.min(to, this.items);
    if (from >= last) return;
    for (let block = this.blockOf(from); block * indexEntryBytes < this.index.length; block++) {
      if (this.stand?.block !== block) this.stand = { block, body: this.body(block), item: 0, at: 0 };
      const { stand } = this;
      const { body } = stand;
      if (stand.at === 0 || stand.item > from) {
        stand.item = this.index.readUInt32LE(block * indexEntryBytes + 8);
        stand.at = 0;
      }
      let { item, at } = stand;
      for (; at < body.length; item++) {
        if (item >= last) return;
        const end = at + 4 + body.readUInt32LE(at);
        if (item >= from) {
          stand.item = item;
          stand.at = at;
          yield body.subarray(at + 4, end);
        }
        at = end;
      }
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** The last block whose first item is not behind `item`. */
  private blockOf(item: number): number {
    let low = 0;
    let high = this.index.length / indexEntryBytes - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.index.readUInt32LE(middle * indexEntryBytes + 8) <= item) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private body(block: number): Buffer {
    const offset = this.index.readDoubleLE(block * indexEntryBytes);
    const head = this.bytesAt(offset, blockHeadBytes);
    const length = head.readUInt32LE(0);
    if (offset + blockHeadBytes + length > this.indexAt) throw this.corrupt(`the block at ${offset} is damaged`);
    const body = this.bytesAt(offset + blockHeadBytes, length);
    if (crc32(body) !== head.readUInt32LE(4)) throw this.corrupt(`the block at ${offset} is damaged`);
    return body;
  }

  private bytesAt(offset: number, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; ) {
      const read = readSync(this.descriptor, bytes, at, length - at, offset + at);
      if (read === 0) throw this.corrupt('it ends too soon');
      at += read;
    }
    return bytes;
  }

  private corrupt(what: string): FailureError {
    return new FailureError({ code: 'E_CORRUPT', message: `the items spool ${this.path}: ${what}` });
  }
}
