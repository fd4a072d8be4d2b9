// Records by key, as bytes, to be looked up again and again. They lie outside the heap, and beyond a limit in a file of the task's
// directory, so a table may be of any size. The records of a key keep the order they were added in; equal keys have equal bytes.
//
// What an entry needs lies together, as a lookup in a table larger than the processor's caches costs what it touches:
//   length of the key · length of the record · next entry of the key · last entry of the key, in its first one · key · record
// An entry whose bytes are in the file has the complement of the record's length, and in place of them where they begin there.

import { hashBytes } from './hash.ts';
import { SpilledBytes } from './spilled-bytes.ts';

const recordLengthAt = 1;
const nextAt = 2;
const lastAt = 3;
const headerWords = 4;
/** A place in the file, in two words of 30 bits. */
const placeBits = 2 ** 30;
const none = 0;

export interface RecordTableOptions {
  /** So many bytes of keys and records stay in memory. */
  readonly bytesMax: number;
  /** For what is beyond. */
  readonly directory: string;
}

/** Where the bytes of a record are. */
export interface RecordBytes {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

export class RecordTable {
  /** How many records there are. */
  count = 0;
  private readonly options: RecordTableOptions;
  private spilled: SpilledBytes | null = null;
  /** Entries, which are named by their first word; none begins at 0. */
  private words: Int32Array = new Int32Array(16_384);
  private bytes: Uint8Array = new Uint8Array(this.words.buffer);
  private usedWords = headerWords;
  /** By hash, two words: the hash, and the first entry of a key. At most half of them are taken. */
  private slots: Int32Array = new Int32Array(4_096);
  private keys = 0;

  constructor(options: RecordTableOptions) {
    this.options = options;
  }

  /** Some of it lies in a file, which `close` gives back. */
  get isSpilled(): boolean {
    return this.spilled !== null;
  }

  add(key: Uint8Array, keyLength: number, record: RecordBytes): void {
    const hash = hashBytes(key, 0, keyLength) | 0;
    const slot = this.slotOf(key, keyLength, hash);
    const first = this.slots[slot + 1] as number;
    const entry = this.put(key, keyLength, record);
    const { words } = this;
    this.count++;
    if (first === none) {
      this.slots[slot] = hash;
      this.slots[slot + 1] = entry;
      words[entry + lastAt] = entry;
      this.keys++;
      if (this.keys * 4 > this.slots.length) this.moreSlots();
      return;
    }
    words[(words[first + lastAt] as number) + nextAt] = entry;
    words[first + lastAt] = entry;
  }

  /** The first entry of a key; 0 for none. */
  find(key: Uint8Array, keyLength: number): number {
    return this.slots[this.slotOf(key, keyLength, hashBytes(key, 0, keyLength) | 0) + 1] as number;
  }

  /** The next entry of the same key; 0 behind the last. */
  next(entry: number): number {
    return this.words[entry + nextAt] as number;
  }

  /** What `read` makes of the bytes of an entry's record, which are there only while it runs. */
  record<T>(entry: number, read: (bytes: Uint8Array, from: number, to: number) => T): T {
    const keyLength = this.words[entry] as number;
    const length = this.words[entry + recordLengthAt] as number;
    const from = (entry + headerWords) * 4 + keyLength;
    if (length >= 0) return read(this.bytes, from, from + length);
    return read(this.spilledBytes(entry, keyLength + ~length), keyLength, keyLength + ~length);
  }

  close(): void {
    this.spilled?.close();
    this.spilled = null;
  }

  /** Where the key is, or would be. */
  private slotOf(key: Uint8Array, keyLength: number, hash: number): number {
    const { slots } = this;
    const mask = slots.length - 2;
    for (let slot = (hash << 1) & mask; ; slot = (slot + 2) & mask) {
      const first = slots[slot + 1] as number;
      if (first === none || (slots[slot] === hash && this.isKey(first, key, keyLength))) return slot;
    }
  }

  private isKey(entry: number, key: Uint8Array, keyLength: number): boolean {
    const { words } = this;
    if (words[entry] !== keyLength) return false;
    let { bytes } = this;
    let at = (entry + headerWords) * 4;
    if ((words[entry + recordLengthAt] as number) < 0) {
      bytes = this.spilledBytes(entry, keyLength);
      at = 0;
    }
    for (let i = 0; i < keyLength; i++) if (bytes[at + i] !== key[i]) return false;
    return true;
  }

  /** Puts key and record behind the others and gives their entry. */
  private put(key: Uint8Array, keyLength: number, { bytes, from, to }: RecordBytes): number {
    const entry = this.usedWords;
    const length = to - from;
    const usedBytes = (entry + headerWords) * 4 + keyLength + length;
    const inFile = this.spilled !== null || usedBytes > this.options.bytesMax;
    this.usedWords = inFile ? entry + headerWords + 2 : Math.ceil(usedBytes / 4);
    this.reserve();
    const { words } = this;
    words[entry] = keyLength;
    words[entry + recordLengthAt] = inFile ? ~length : length;
    if (inFile) {
      this.spilled ??= new SpilledBytes(this.options.directory, 'looked-up');
      const place = this.spilled.append(key.subarray(0, keyLength));
      this.spilled.append(bytes.subarray(from, to));
      words[entry + headerWords] = Math.floor(place / placeBits);
      words[entry + headerWords + 1] = place % placeBits;
    } else {
      this.bytes.set(key.subarray(0, keyLength), (entry + headerWords) * 4);
      this.bytes.set(bytes.subarray(from, to), usedBytes - length);
    }
    return entry;
  }

  private spilledBytes(entry: number, length: number): Uint8Array {
    if (this.spilled === null) throw new Error('a table of records was read after it was closed');
    const high = this.words[entry + headerWords] as number;
    return this.spilled.read(high * placeBits + (this.words[entry + headerWords + 1] as number), length);
  }

  private reserve(): void {
    if (this.usedWords <= this.words.length) return;
    const words = new Int32Array(Math.max(this.usedWords, this.words.length * 2));
    words.set(this.words);
    this.words = words;
    this.bytes = new Uint8Array(words.buffer);
  }

  private moreSlots(): void {
    const before = this.slots;
    const slots = new Int32Array(before.length * 2);
    const mask = slots.length - 2;
    for (let from = 0; from < before.length; from += 2) {
      if (before[from + 1] === none) continue;
      let slot = ((before[from] as number) << 1) & mask;
      while (slots[slot + 1] !== none) slot = (slot + 2) & mask;
      slots[slot] = before[from] as number;
      slots[slot + 1] = before[from + 1] as number;
    }
    this.slots = slots;
  }
}
