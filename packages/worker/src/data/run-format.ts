// The run file: what a map attempt leaves on disk for one edge. Little endian throughout.
//
//   header   256 bytes: magic, version, the attempt's ids, a checksum
//   segment  one per spill, each sorted by (partition, key, arrival):
//     stretch  one per partition that has records: blocks, the first begins with a record
//       block    32-byte header, then up to 64 KiB of whole records; a record that is larger starts a block with its
//                lengths, its key and the first part of its value, and continues in blocks of value bytes alone
//   footer   rows (one per stretch), then for range edges one entry per block; then a 32-byte trailer
//
//   record   varint key length, [varint group length, when the edge orders values], varint value length, key, value; where all readers
//            take groups, a value may be several of one key, one behind another (values say where they end)
//
// Every byte is under a checksum: blocks by one that a kernel makes (assembly/checksum.ts), header and footer by crc32. A stretch has 16
// bytes of sha256 over the checksums and lengths of its blocks' raw bytes, of which the file's hash is made: they are there anyway, and
// a run that is made again with other records is seen all the same. A block names its attempt and partition, so that a misplaced one is seen too.

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { blockHeaderBytes, blockRawBytesMax } from '@sheaf/protocol/graph';
import { checksumKernelOf } from '../kernels/checksum-kernel.ts';
import { type BlockCodec, codecIds, packBlock, unpackBlock } from './block-codec.ts';
import { type BlockEntry, BlockIndex, encodeBlocks, encodedBytesOf } from './block-index.ts';
import type { TaskMemory } from './memory.ts';

export const runHeaderBytes = 256;
export const runTrailerBytes = 32;
/** `firstRecord` of a block that holds only the continuation of a large value. */
export const continuation = 0xffff_ffff;

const magic = 0x4e52_4853; // 'SHRN'
const version = 3;
const blockMagic = 0x4b42; // 'BK'
const rowBytes = 64;

/** Whose run this is. */
export interface RunIds {
  readonly job: string;
  readonly stage: number;
  readonly task: number;
  readonly attempt: string;
  readonly edge: number;
}

/** A run file, or a part of it, that is not what it should be: E_CORRUPT. */
export class CorruptRun extends Error {
  readonly path: string;
  /** Where in the file the run begins, once that is known: a pack has many. */
  at: number | null = null;
  constructor(path: string, what: string, options?: ErrorOptions) {
    super(`${path}: ${what}`, options);
    this.name = 'CorruptRun';
    this.path = path;
  }
}

/** A run file that is not there: E_MAP_OUTPUT_LOST. */
export class MissingRun extends CorruptRun {
  constructor(path: string, options?: ErrorOptions) {
    super(path, 'the run file is not there', options);
    this.name = 'MissingRun';
  }
}

/** One partition's records of one segment. */
export interface Stretch {
  readonly segment: number;
  readonly partition: number;
  /** Offset of its first block in the file. */
  readonly offset: number;
  /** Bytes in the file, block headers included. */
  readonly storedBytes: number;
  readonly rawBytes: number;
  readonly records: number;
  /** 16 bytes of sha256 over the checksums and lengths of its blocks' raw bytes, in hex. */
  readonly hash: string;
}

export interface RunFooter {
  readonly stretches: readonly Stretch[];
  readonly blocks: BlockIndex;
}

/** What a footer is made of. */
export interface FooterParts {
  readonly stretches: readonly Stretch[];
  readonly blocks: readonly BlockEntry[];
}

/** Eight bytes that tell this attempt's blocks from any other's. */
export function fingerprintOf(ids: RunIds): { readonly low: number; readonly high: number } {
  const digest = createHash('sha256')
    .update(JSON.stringify([ids.job, ids.stage, ids.task, ids.attempt, ids.edge]))
    .digest();
  return { low: digest.readUInt32LE(0), high: digest.readUInt32LE(4) };
}

export function encodeRunHeader(ids: RunIds): Buffer {
  const header = Buffer.alloc(runHeaderBytes);
  const text = Buffer.from(JSON.stringify({ job: ids.job, stage: ids.stage, task: ids.task, attempt: ids.attempt, edge: ids.edge }));
  if (text.length > runHeaderBytes - 20) throw new Error('run header: ids are too long');
  header.writeUInt32LE(magic, 0);
  header.writeUInt32LE(version, 4);
  header.writeUInt32LE(text.length, 8);
  text.copy(header, 16);
  header.writeUInt32LE(headerChecksum(header), 12);
  return header;
}

/** Reads the ids from the first `runHeaderBytes` of a run file. Throws CorruptRun when they are no intact header. */
export function decodeRunHeader(path: string, header: Buffer): RunIds {
  if (header.length < runHeaderBytes || header.readUInt32LE(0) !== magic) throw new CorruptRun(path, 'not a run file');
  if (header.readUInt32LE(4) !== version) throw new CorruptRun(path, `run format ${header.readUInt32LE(4)} is not ${version}`);
  if (header.readUInt32LE(12) !== headerChecksum(header)) throw new CorruptRun(path, 'the header fails its checksum');
  return JSON.parse(header.toString('utf8', 16, 16 + header.readUInt32LE(8)));
}

/** Of the whole header but the checksum itself. */
function headerChecksum(header: Buffer): number {
  return crc32(header.subarray(16, runHeaderBytes), crc32(header.subarray(0, 12)));
}

export interface BlockHeader {
  readonly rawBytes: number;
  readonly partition: number;
  /** Offset of the first record that starts in the block, or `continuation`. */
  readonly firstRecord: number;
  readonly codec: BlockCodec;
}

/** A block as it lies in the file. */
export interface SealedBlock {
  /** Behind its last byte. */
  readonly end: number;
  /** Of its raw body. */
  readonly rawChecksum: number;
}

/** Packs the block whose raw body lies at [at + 32, at + 32 + rawBytes) of the memory, if it shall be, and writes its header. */
export function sealBlock(
  memory: TaskMemory,
  at: number,
  block: BlockHeader,
  fingerprint: { readonly low: number; readonly high: number },
): SealedBlock {
  const target = memory.buffer;
  const kernel = checksumKernelOf(memory);
  const bodyAt = at + blockHeaderBytes;
  const rawChecksum = kernel.checksum(bodyAt, block.rawBytes, 0);
  const packed = block.codec === 'raw' ? null : packBlock(target.subarray(bodyAt, bodyAt + block.rawBytes));
  if (packed !== null) target.set(packed, bodyAt);
  const end = bodyAt + (packed?.length ?? block.rawBytes);
  target.writeUInt16LE(blockMagic, at);
  target.writeUInt16LE(packed === null ? codecIds.raw : codecIds[block.codec], at + 2);
  target.writeUInt32LE(block.rawBytes, at + 4);
  target.writeUInt32LE(end - bodyAt, at + 8);
  target.writeUInt32LE(block.partition, at + 12);
  target.writeUInt32LE(block.firstRecord, at + 16);
  target.writeUInt32LE(fingerprint.low, at + 20);
  target.writeUInt32LE(fingerprint.high, at + 24);
  const checksum = packed === null ? rawChecksum : kernel.checksum(bodyAt, packed.length, 0);
  target.writeInt32LE(kernel.checksum(at, 28, checksum), at + 28);
  return { end, rawChecksum: rawChecksum >>> 0 };
}

/** The raw body of a packed block that was checked, at most `most` bytes; null when it lies there raw. */
export function unpackedBody(path: string, buffer: Buffer, { header, body, bodyBytes }: ReadBlock, most: number): Buffer | null {
  const codec = buffer.readUInt16LE(header + 2);
  const rawBytes = buffer.readUInt32LE(header + 4);
  if (codec === codecIds.raw) return null;
  const raw = codec === codecIds.lz4 && rawBytes <= most ? unpackBlock(buffer.subarray(body, body + bodyBytes), rawBytes) : null;
  if (raw === null) throw new CorruptRun(path, 'a block cannot be unpacked');
  return raw;
}

/** The stored size of the block whose header starts at `at`; checked later, together with the body, by `checkBlock`. */
export function storedBytesOf(path: string, source: Buffer, at: number): number {
  if (source.readUInt16LE(at) !== blockMagic) throw new CorruptRun(path, 'a block does not begin where it should');
  const stored = source.readUInt32LE(at + 8);
  if (stored > blockRawBytesMax) throw new CorruptRun(path, `a block of ${stored} bytes`);
  return stored;
}

/** What the header of a block that belongs where it stands says. */
export interface ExpectedBlock {
  readonly low: number;
  readonly high: number;
  readonly partition: number;
  readonly firstRecord: number;
}

/** A block whose header and stored body lie somewhere in the memory. */
export interface ReadBlock {
  readonly header: number;
  readonly body: number;
  readonly bodyBytes: number;
}

/** Checks header and body of a block against each other, its attempt, its partition and its place among the others. */
export function checkBlock(path: string, memory: TaskMemory, { header, body, bodyBytes }: ReadBlock, expected: ExpectedBlock): void {
  const { buffer } = memory;
  const kernel = checksumKernelOf(memory);
  const checksum = kernel.checksum(header, 28, kernel.checksum(body, bodyBytes, 0));
  if (buffer.readInt32LE(header + 28) !== checksum) throw new CorruptRun(path, 'a block fails its checksum');
  if (buffer.readUInt32LE(header + 20) !== expected.low || buffer.readUInt32LE(header + 24) !== expected.high) {
    throw new CorruptRun(path, 'a block of another attempt');
  }
  const partition = buffer.readUInt32LE(header + 12);
  if (partition !== expected.partition) throw new CorruptRun(path, `a block of partition ${partition}`);
  if (buffer.readUInt32LE(header + 16) !== expected.firstRecord) throw new CorruptRun(path, 'a block stands in the place of another');
}

/** Footer and trailer, which lie at `offset` and reach the end of the file. */
export function encodeFooter(footer: FooterParts, offset: number): Buffer {
  const blockBytes = encodedBytesOf(footer.blocks);
  const rows = footer.stretches.length * rowBytes;
  const encoded = Buffer.alloc(rows + blockBytes + runTrailerBytes);
  footer.stretches.forEach((stretch, i) => {
    const at = i * rowBytes;
    encoded.writeUInt32LE(stretch.segment, at);
    encoded.writeUInt32LE(stretch.partition, at + 4);
    encoded.writeDoubleLE(stretch.offset, at + 8);
    encoded.writeDoubleLE(stretch.storedBytes, at + 16);
    encoded.writeDoubleLE(stretch.rawBytes, at + 24);
    encoded.writeDoubleLE(stretch.records, at + 32);
    encoded.write(stretch.hash, at + 40, 'hex');
  });
  const at = encodeBlocks(footer.blocks, encoded, rows);
  const body = encoded.subarray(0, at);
  encoded.writeUInt32LE(magic, at);
  encoded.writeUInt32LE(footer.stretches.length, at + 4);
  encoded.writeUInt32LE(footer.blocks.length, at + 8);
  encoded.writeUInt32LE(at, at + 12);
  encoded.writeDoubleLE(offset, at + 16);
  encoded.writeUInt32LE(crc32(body, crc32(encoded.subarray(at, at + 24))), at + 24);
  return encoded;
}

/** Where footer and trailer begin, from the last `runTrailerBytes` of a file of `size` bytes. */
export function footerOffsetOf(path: string, trailer: Buffer, size: number): number {
  if (trailer.length < runTrailerBytes || trailer.readUInt32LE(0) !== magic) throw new CorruptRun(path, 'the file is cut short');
  const offset = trailer.readDoubleLE(16);
  // The checksum is over footer and trailer together: until it is compared the offset may be any number.
  const fits = Number.isSafeInteger(offset) && offset >= runHeaderBytes && offset + trailer.readUInt32LE(12) + runTrailerBytes === size;
  if (!fits) throw new CorruptRun(path, 'the footer is not where it should be');
  return offset;
}

/** Decodes footer and trailer: everything from `footerOffsetOf` to the end of the file. */
export function decodeFooter(path: string, encoded: Buffer): RunFooter {
  const end = encoded.length - runTrailerBytes;
  if (end < 0 || encoded.readUInt32LE(end) !== magic || encoded.readUInt32LE(end + 12) !== end) throw new CorruptRun(path, 'no footer');
  const crc = crc32(encoded.subarray(0, end), crc32(encoded.subarray(end, end + 24)));
  if (encoded.readUInt32LE(end + 24) !== crc) throw new CorruptRun(path, 'the footer fails its checksum');
  const stretches: Stretch[] = [];
  const stretchCount = encoded.readUInt32LE(end + 4);
  for (let i = 0, at = 0; i < stretchCount; i++, at += rowBytes) {
    stretches.push({
      segment: encoded.readUInt32LE(at),
      partition: encoded.readUInt32LE(at + 4),
      offset: encoded.readDoubleLE(at + 8),
      storedBytes: encoded.readDoubleLE(at + 16),
      rawBytes: encoded.readDoubleLE(at + 24),
      records: encoded.readDoubleLE(at + 32),
      hash: encoded.toString('hex', at + 40, at + 56),
    });
  }
  const blocks = new BlockIndex(encoded, stretchCount * rowBytes, encoded.readUInt32LE(end + 8));
  return { stretches, blocks };
}

/** The hash of a whole output: sha256 over its stretches' partitions and hashes in order, 16 bytes in hex. */
export function outputHashOf(stretches: readonly Stretch[]): string {
  const hash = createHash('sha256');
  for (const stretch of stretches) hash.update(`${stretch.segment}/${stretch.partition}/${stretch.records}/${stretch.hash}\n`);
  return hash.digest('hex').slice(0, 32);
}
