// Writes a run file front to back: begin a segment, put its records in (partition, key) order, end it; `finish` makes the
// file whole and durable under its final name. Blocks are built in place in one region of the fixed memory and written in
// pieces of up to a megabyte. The file is made with the first piece: a run that is small when it is finished may be had as bytes.

import { createHash, type Hash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { limits } from '@sheaf/protocol';
import { blockHeaderBytes, blockRawBytesMax, runFlushBytes } from '@sheaf/protocol/graph';
import type { BlockCodec } from './block-codec.ts';
import { type BlockEntry, keyPrefixBytes } from './block-index.ts';
import type { Region, TaskMemory } from './memory.ts';
import {
  continuation,
  encodeFooter,
  encodeRunHeader,
  fingerprintOf,
  outputHashOf,
  type RunIds,
  runHeaderBytes,
  type Stretch,
  sealBlock,
} from './run-format.ts';

export interface RunWriterOptions {
  readonly memory: TaskMemory;
  /** `runWriterBytes` of the fixed memory. */
  readonly region: Region;
  /** Final path; while it is written it is called `PATH.part`. */
  readonly path: string;
  readonly ids: RunIds;
  readonly partitions: number;
  /** The edge orders values by parts behind the group: each record carries its group's length. */
  readonly ordered: boolean;
  /** Index the blocks by their first keys, for readers that take key ranges. */
  readonly indexBlocks: boolean;
  /** What blocks are packed with. Default 'raw'. */
  readonly codec?: BlockCodec;
}

export interface FinishedRun {
  readonly path: string;
  readonly bytes: number;
  readonly records: number;
  readonly hash: string;
  readonly partitionBytes: readonly number[];
  /** All bytes of a run that has no file yet. */
  readonly image: Uint8Array | null;
}

export class RunWriter {
  private readonly options: RunWriterOptions;
  private readonly memory: TaskMemory;
  /** null while nothing has been written, and after the end. */
  private fd: number | null = null;
  private readonly fingerprint: { readonly low: number; readonly high: number };
  private readonly stretches: Stretch[] = [];
  private readonly blocks: BlockEntry[] = [];
  private readonly partitionBytes: number[];
  private segment = -1;
  private records = 0;

  /** Bytes of the file that are written already. */
  private written = 0;
  /** The open block's header; its body grows from 32 bytes behind it. */
  private blockAt: number;
  /** End of the open block's body so far. */
  private end: number;
  private open = false;
  private partition = -1;
  private stretchOffset = 0;
  private stretchRaw = 0;
  private stretchRecords = 0;
  private stretchHash: Hash | null = null;

  constructor(options: RunWriterOptions) {
    this.options = options;
    this.memory = options.memory;
    this.fingerprint = fingerprintOf(options.ids);
    this.partitionBytes = new Array(options.partitions).fill(0);
    const header = encodeRunHeader(options.ids);
    this.memory.bytes.set(header, options.region.from);
    this.blockAt = options.region.from + runHeaderBytes;
    this.end = this.blockAt + blockHeaderBytes;
  }

  get segments(): number {
    return this.segment + 1;
  }

  beginSegment(): void {
    this.segment++;
    if (this.segment >= limits.segmentsPerRunMax) throw new Error(`run file: more than ${limits.segmentsPerRunMax} segments`);
    this.partition = -1;
  }

  /** The next record of the segment. `group`: length of the key's group part (only written when the edge is ordered). */
  put(partition: number, keyAt: number, keyLength: number, group: number, valueAt: number, valueLength: number): void {
    if (partition !== this.partition) this.beginStretch(partition);
    const { bytes } = this.memory;
    const record = keyLength + valueLength + 12;
    if (this.end - this.blockAt - blockHeaderBytes + record > limits.blockBytes) {
      if (this.open) this.endBlock();
      if (record > limits.blockBytes) {
        this.putLarge(keyAt, keyLength, group, valueAt, valueLength);
        return;
      }
    }
    if (!this.open) this.beginBlock(keyAt, keyLength);
    let at = this.putLengths(this.end, keyLength, group, valueLength);
    at = copy(bytes, keyAt, keyLength, at);
    this.end = copy(bytes, valueAt, valueLength, at);
    this.stretchRecords++;
  }

  /**
   * Where records of a partition, laid out as `put` does, may be written next, up to `roomEnd`: for a kernel that then says what
   * it wrote (`wrote`). -1: no block of that partition is open, the next record is to be `put`.
   */
  roomFrom(partition: number): number {
    return this.open && partition === this.partition ? this.end : -1;
  }

  /** 12 bytes for the lengths of a record count, however short they are. */
  get roomEnd(): number {
    return this.blockAt + blockHeaderBytes + limits.blockBytes;
  }

  /** Records were written from `roomFrom` to `end`. */
  wrote(end: number, records: number): void {
    this.end = end;
    this.stretchRecords += records;
  }

  /** Ends the segment: every stretch is whole. */
  endSegment(): void {
    this.endStretch();
  }

  /**
   * Writes the footer, and gives the file its name. Not synced: a run that a power cut takes is made again. A run of at most
   * `imageBytesMax` has no file, and is given as it would be in one.
   */
  finish(imageBytesMax = 0): FinishedRun {
    this.endStretch();
    const waiting = this.blockAt - this.options.region.from;
    const footer = encodeFooter({ stretches: this.stretches, blocks: this.blocks }, this.written + waiting);
    const bytes = this.written + waiting + footer.length;
    const { path } = this.options;
    const finished = { path, bytes, records: this.records, hash: outputHashOf(this.stretches), partitionBytes: this.partitionBytes };
    if (this.fd === null && bytes <= imageBytesMax) return { ...finished, image: this.image(footer, bytes) };
    this.flush();
    writeFully(this.file(), footer, 0, footer.length);
    this.close();
    renameSync(`${path}.part`, path);
    return { ...finished, image: null };
  }

  private image(footer: Uint8Array, bytes: number): Uint8Array {
    const { from } = this.options.region;
    const image = new Uint8Array(bytes);
    image.set(this.memory.bytes.subarray(from, this.blockAt));
    image.set(footer, this.blockAt - from);
    return image;
  }

  /** The attempt failed before or in `finish`: nothing is left. */
  abandon(): void {
    if (this.fd === null) return;
    this.close();
    unlinkSync(`${this.options.path}.part`);
  }

  private close(): void {
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
  }

  private beginStretch(partition: number): void {
    this.endStretch();
    this.partition = partition;
    this.stretchOffset = this.written + (this.blockAt - this.options.region.from);
    this.stretchRaw = 0;
    this.stretchRecords = 0;
    this.stretchHash = createHash('sha256');
  }

  private endStretch(): void {
    if (this.stretchHash === null) return;
    if (this.open) this.endBlock();
    this.stretches.push({
      segment: this.segment,
      partition: this.partition,
      offset: this.stretchOffset,
      storedBytes: this.written + (this.blockAt - this.options.region.from) - this.stretchOffset,
      rawBytes: this.stretchRaw,
      records: this.stretchRecords,
      hash: this.stretchHash.digest('hex').slice(0, 32),
    });
    this.partitionBytes[this.partition] = (this.partitionBytes[this.partition] ?? 0) + this.stretchRaw;
    this.records += this.stretchRecords;
    this.stretchHash = null;
  }

  private beginBlock(keyAt: number, keyLength: number): void {
    this.open = true;
    if (!this.options.indexBlocks) return;
    const keyPrefix = this.memory.bytes.slice(keyAt, keyAt + Math.min(keyLength, keyPrefixBytes));
    this.blocks.push({ segment: this.segment, offset: this.written + (this.blockAt - this.options.region.from), keyPrefix });
  }

  private endBlock(firstRecord = 0): void {
    const body = this.blockAt + blockHeaderBytes;
    const rawBytes = this.end - body;
    this.stretchRaw += rawBytes;
    const { codec = 'raw' } = this.options;
    const block = { rawBytes, partition: this.partition, firstRecord, codec };
    const { end, rawChecksum } = sealBlock(this.memory, this.blockAt, block, this.fingerprint);
    this.stretchHash?.update(`${rawChecksum} ${rawBytes}\n`);
    this.blockAt = end;
    this.end = this.blockAt + blockHeaderBytes;
    this.open = false;
    if (this.blockAt - this.options.region.from >= runFlushBytes) this.flush();
  }

  /** A record larger than a block: key and the first of its value in one block, the rest in continuations. */
  private putLarge(keyAt: number, keyLength: number, group: number, valueAt: number, valueLength: number): void {
    const { bytes } = this.memory;
    this.beginBlock(keyAt, keyLength);
    let at = this.putLengths(this.end, keyLength, group, valueLength);
    at = copy(bytes, keyAt, keyLength, at);
    const first = Math.min(valueLength, limits.blockBytes);
    this.end = copy(bytes, valueAt, Math.min(first, blockRawBytesMax - (at - this.blockAt - blockHeaderBytes)), at);
    let done = this.end - at;
    this.stretchRecords++;
    this.endBlock();
    while (done < valueLength) {
      const length = Math.min(limits.blockBytes, valueLength - done);
      this.end = copy(bytes, valueAt + done, length, this.end);
      done += length;
      this.endBlock(continuation);
    }
  }

  private putLengths(at: number, keyLength: number, group: number, valueLength: number): number {
    let next = putVarint(this.memory.bytes, at, keyLength);
    if (this.options.ordered) next = putVarint(this.memory.bytes, next, group);
    return putVarint(this.memory.bytes, next, valueLength);
  }

  private file(): number {
    if (this.fd !== null) return this.fd;
    const { path } = this.options;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.fd = openSync(`${path}.part`, 'w');
    return this.fd;
  }

  private flush(): void {
    const { from } = this.options.region;
    const length = this.blockAt - from;
    writeFully(this.file(), this.memory.buffer, from, length);
    this.written += length;
    this.blockAt = from;
    this.end = from + blockHeaderBytes;
  }
}

function copy(bytes: Uint8Array, from: number, length: number, to: number): number {
  if (length > 48) {
    bytes.copyWithin(to, from, from + length);
    return to + length;
  }
  for (let i = 0; i < length; i++) bytes[to + i] = bytes[from + i] as number;
  return to + length;
}

function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let to = at;
  while (rest > 127) {
    bytes[to++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[to++] = rest;
  return to;
}

function writeFully(fd: number, source: Uint8Array, from: number, length: number): void {
  let done = 0;
  while (done < length) done += writeSync(fd, source, from + done, length - done);
}
