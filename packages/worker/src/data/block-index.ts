// Of the run of a range edge: where each block is and how the key of its first record begins. A reader of many runs looks at a
// hundred thousand entries, so they stay the bytes they are in the footer; no object is made of an entry that is not wanted.
//
//   entry   u16 segment, u16 length of the prefix, f64 offset of the block, the prefix

import { compareBytes } from './compare.ts';

/** How much of a first key an entry keeps. */
export const keyPrefixBytes = 128;

export interface BlockEntry {
  readonly segment: number;
  /** Offset of the block in the file. */
  readonly offset: number;
  readonly keyPrefix: Uint8Array;
}

const entryHeadBytes = 12;

export class BlockIndex {
  readonly count: number;
  private readonly encoded: Buffer;
  private readonly from: number;

  /** `count` entries from encoded[from …] on, whose checksum was compared. */
  constructor(encoded: Buffer, from: number, count: number) {
    this.encoded = encoded;
    this.from = from;
    this.count = count;
  }

  /** The offset of the last block of a segment that starts with a key surely below `key`, or null: none does. */
  lastBelow(segment: number, key: Uint8Array): number | null {
    const { encoded } = this;
    let offset: number | null = null;
    for (let i = 0, at = this.from; i < this.count; i++) {
      const length = encoded.readUInt16LE(at + 2);
      if (encoded.readUInt16LE(at) === segment) {
        if (!this.surelyBelow(at + entryHeadBytes, length, key)) break;
        offset = encoded.readDoubleLE(at + 4);
      }
      at += entryHeadBytes + length;
    }
    return offset;
  }

  /** The end of the first block of a segment that surely does not start below `key`, or null: the segment ends before or with it. */
  endOfFirstFrom(segment: number, key: Uint8Array): number | null {
    const { encoded } = this;
    let found = false;
    for (let i = 0, at = this.from; i < this.count; i++) {
      const length = encoded.readUInt16LE(at + 2);
      if (encoded.readUInt16LE(at) === segment) {
        if (found) return encoded.readDoubleLE(at + 4);
        found = this.surelyFrom(at + entryHeadBytes, length, key);
      }
      at += entryHeadBytes + length;
    }
    return null;
  }

  /** The beginnings of `most` first keys, taken evenly from all of them. */
  sampled(most: number): Uint8Array[] {
    const taken = Math.min(most, this.count);
    const prefixes: Uint8Array[] = [];
    for (let i = 0, at = this.from; prefixes.length < taken; i++) {
      const length = this.encoded.readUInt16LE(at + 2);
      const wanted = Math.floor((prefixes.length * this.count) / taken);
      if (i === wanted) prefixes.push(new Uint8Array(this.encoded.subarray(at + entryHeadBytes, at + entryHeadBytes + length)));
      at += entryHeadBytes + length;
    }
    return prefixes;
  }

  /** Whether a key of which only the beginning may be known lies below `key`. */
  private surelyBelow(at: number, length: number, key: Uint8Array): boolean {
    const common = Math.min(length, key.length);
    const order = compareBytes(this.encoded, at, at + common, key, 0, common);
    if (order !== 0) return order < 0;
    return length < keyPrefixBytes && length < key.length;
  }

  /** Whether a key of which only the beginning may be known is `key` or lies above it. */
  private surelyFrom(at: number, length: number, key: Uint8Array): boolean {
    const common = Math.min(length, key.length);
    const order = compareBytes(this.encoded, at, at + common, key, 0, common);
    return order > 0 || (order === 0 && length >= key.length);
  }
}

/** The bytes of entries in a footer. */
export function encodedBytesOf(blocks: readonly BlockEntry[]): number {
  return blocks.reduce((sum, block) => sum + entryHeadBytes + block.keyPrefix.length, 0);
}

/** Writes entries at target[at …] and gives their end. */
export function encodeBlocks(blocks: readonly BlockEntry[], target: Buffer, at: number): number {
  let to = at;
  for (const block of blocks) {
    target.writeUInt16LE(block.segment, to);
    target.writeUInt16LE(block.keyPrefix.length, to + 2);
    target.writeDoubleLE(block.offset, to + 4);
    target.set(block.keyPrefix, to + entryHeadBytes);
    to += entryHeadBytes + block.keyPrefix.length;
  }
  return to;
}
