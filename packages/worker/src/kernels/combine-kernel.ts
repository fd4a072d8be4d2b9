// The combining table of a shuffle edge: open addressing over key bytes that lie in the fixed memory, one 16-byte entry per
// key (hash, address of the key, the value as a float64). Numbers are folded in place, several of them in places behind the key;
// any other value is kept encoded behind the keys. The table is flushed by a count of bytes that only keys and values decide
// (encoded key + value + 32 an entry, 8 more for a value that is no number), so that its layout never shows in the output.
//
//   region   slots (one word each) | entries | keys …             … room for sorting the index
//   key      word: entry number, word: length | flag, word: length of the group part, bytes, zeros up to a word
//   flag     0x40000 encoded value: the entry has its address and length; 0x80000 places: the entry has the first one's number

import type { ColumnFold } from './column-fold-kernel.ts';

export interface CombineDependencies {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly floats: Float64Array;
  /** Word index and number (a power of two) of the slots. */
  readonly slotsAt: number;
  readonly slotsMax: number;
  /** Word index of the entries. */
  readonly entriesAt: number;
  /** Where keys begin and must end. */
  readonly arenaFrom: number;
  readonly arenaTo: number;
  /** Flush when this many bytes are accounted for. */
  readonly bytesMax: number;
  /** A record over this is refused. */
  readonly recordBytesMax: number;
  readonly pickKey: (record: unknown) => unknown;
  readonly pickValue: (record: unknown) => unknown;
  readonly fold: (a: unknown, b: unknown) => unknown;
  /** Folds several numbers of the picked value in place, instead of `fold`; null: there is one value. */
  readonly columns: ColumnFold | null;
  /** The key of one ascending part; otherwise `putKey` writes the parts. */
  readonly simple: boolean;
  /** Writes all parts of the record's key at an address, gives the end. */
  readonly putKey: (record: unknown, at: number, limit: number) => number;
  /** Length of the group part that the last putKey wrote. */
  readonly groupLength: () => number;
  readonly encodeAsciiKey: (text: string, target: Uint8Array, at: number) => number;
  readonly encodeKey: (key: unknown, target: Uint8Array, at: number, limit: number) => number;
  readonly encodeTextKey: (source: Uint8Array, from: number, to: number, target: Uint8Array, at: number, limit: number) => number;
  readonly encodeValue: (value: unknown, target: Uint8Array, at: number, limit: number) => number;
  readonly decodeValue: (source: Uint8Array, from: number, to: number) => unknown;
  readonly numberBytes: (value: number) => number;
  readonly tooLarge: () => never;
  /** Spills all entries (but those whose key address is 0) and calls clear(). */
  readonly flush: () => void;
}

export interface CombineTable {
  add(record: unknown): void;
  /** A record that never became a value: string key = valid UTF-8 in bytes[from, to), with a number. */
  addText(from: number, to: number, value: number): void;
  /** A record whose key was encoded elsewhere, as source[from, keyTo) with a group part of `group` bytes. Of several numbers the value is their list. */
  addEncoded(source: Uint8Array, key: { readonly from: number; readonly keyTo: number; readonly group: number }, value: unknown): void;
  readonly count: () => number;
  /** Records that were folded into an entry. */
  readonly folded: () => number;
  clear(): void;
}

export function combineKernel(d: CombineDependencies): CombineTable {
  const { bytes, words, floats, slotsAt, entriesAt, arenaFrom, arenaTo, bytesMax, recordBytesMax } = d;
  const { pickKey, pickValue, fold, simple, putKey, groupLength, encodeAsciiKey, encodeKey } = d;
  const { encodeTextKey, encodeValue, decodeValue, numberBytes, tooLarge, flush, slotsMax, columns } = d;
  const width = columns === null ? 0 : columns.width;
  const taken = new Float64Array(width);
  let slots = Math.min(slotsMax, 1 << 15);
  let mask = slots - 1;
  let count = 0;
  let top = arenaFrom;
  let accounted = 0;
  let folded = 0;
  words.fill(0, slotsAt, slotsAt + slots);

  function grow(): void {
    slots *= 2;
    mask = slots - 1;
    words.fill(0, slotsAt, slotsAt + slots);
    for (let i = 0; i < count; i++) {
      let slot = (words[entriesAt + i * 4] as number) & mask;
      while (words[slotsAt + slot] !== 0) slot = (slot + 1) & mask;
      words[slotsAt + slot] = i + 1;
    }
  }

  function foldedValue(entry: number, key: number): unknown {
    if (((words[key >>> 2] as number) & 0x40000) === 0) return floats[(entry + 2) >>> 1];
    const at = words[entry + 2] as number;
    return decodeValue(bytes, at, at + (words[entry + 3] as number));
  }

  /** Encodes a value that is no number behind the keys and makes it the entry's. */
  function store(entry: number, key: number, value: unknown): void {
    if (typeof value === 'number') {
      words[key >>> 2] = (words[key >>> 2] as number) & 0x3ffff;
      floats[(entry + 2) >>> 1] = value;
      return;
    }
    let end = encodeValue(value, bytes, top, arenaTo);
    // A large value goes alone, so that others never have to be spilled for want of room: that would depend on the layout.
    if (end < 0 || (end - top > 0x100000 && count > 1)) {
      storeAlone(entry, key, value);
      return;
    }
    if (end - top > recordBytesMax) tooLarge();
    words[key >>> 2] = (words[key >>> 2] as number) | 0x40000;
    words[entry + 2] = top;
    words[entry + 3] = end - top;
    accounted += end - top + 8;
    end = (end + 3) & ~3;
    top = end;
  }

  /** A value over a megabyte: the others are spilled, then it is stored among none. */
  function storeAlone(entry: number, key: number, value: unknown): void {
    if (count < 2) tooLarge();
    const length = (words[key >>> 2] as number) & 0x3ffff;
    const group = words[(key + 4) >>> 2] as number;
    const copy = bytes.slice(key + 8, key + 8 + length);
    words[entry + 1] = 0;
    flush();
    bytes.set(copy, top + 12);
    put(top + 12 + length, group, value);
  }

  /** The entry of the key that lies at top + 12 and ends at `end`; when there was none, −1 less a new one without a value. */
  function locate(end: number, group: number): number {
    const key = top + 4;
    const at = top + 12;
    const length = end - at;
    // Zeros up to a whole word: keys are hashed and compared by words.
    bytes[end] = 0;
    bytes[end + 1] = 0;
    bytes[end + 2] = 0;
    const wordsFrom = at >>> 2;
    const wordsTo = (end + 3) >>> 2;
    let hash = length;
    for (let i = wordsFrom; i < wordsTo; i++) {
      hash = Math.imul(hash ^ (words[i] as number), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash ^ (hash >>> 13), 0x2c1b3c6d) >>> 0;
    hash = (hash ^ (hash >>> 16)) >>> 0;
    let slot = hash & mask;
    for (;;) {
      const found = words[slotsAt + slot] as number;
      if (found === 0) break;
      const entry = entriesAt + (found - 1) * 4;
      if (words[entry] === hash) {
        const other = words[entry + 1] as number;
        if (((words[other >>> 2] as number) & 0x3ffff) === length) {
          let i = wordsFrom;
          let j = (other + 8) >>> 2;
          while (i < wordsTo && words[i] === words[j]) {
            i++;
            j++;
          }
          if (i === wordsTo) return entry;
        }
      }
      slot = (slot + 1) & mask;
    }
    const entry = entriesAt + count * 4;
    count++;
    words[slotsAt + slot] = count;
    words[entry] = hash;
    words[entry + 1] = key;
    words[top >>> 2] = count - 1;
    words[key >>> 2] = length;
    words[(key + 4) >>> 2] = group;
    top = wordsTo << 2;
    accounted += length + 32;
    return -1 - entry;
  }

  function put(end: number, group: number, value: unknown): void {
    const located = locate(end, group);
    if (located >= 0) {
      folded++;
      const key = words[located + 1] as number;
      if (typeof value === 'number' && ((words[key >>> 2] as number) & 0x40000) === 0) {
        const at = (located + 2) >>> 1;
        const sum = fold(floats[at], value);
        if (typeof sum === 'number') {
          floats[at] = sum;
          return;
        }
        store(located, key, sum);
      } else {
        store(located, key, fold(foldedValue(located, key), value));
      }
      if (accounted > bytesMax) flush();
      return;
    }
    const entry = -1 - located;
    if (typeof value === 'number') {
      floats[(entry + 2) >>> 1] = value;
      accounted += numberBytes(value);
    } else {
      store(entry, words[entry + 1] as number, value);
    }
    added();
  }

  function added(): void {
    if (accounted > bytesMax) flush();
    else if (count * 2 > slots && slots < slotsMax) grow();
  }

  /** The numbers were taken from the value before the table is touched: a value that has none leaves no trace. */
  function putTaken(end: number, group: number): void {
    const located = locate(end, group);
    if (located >= 0) {
      folded++;
      (columns as ColumnFold).fold(floats, words[located + 2] as number, taken);
      return;
    }
    const entry = -1 - located;
    const place = (top + 7) >>> 3;
    const key = (words[entry + 1] as number) >>> 2;
    words[key] = (words[key] as number) | 0x80000;
    words[entry + 2] = place;
    for (let i = 0; i < width; i++) floats[place + i] = taken[i] as number;
    top = (place + width) << 3;
    accounted += 8 * width + 8;
    added();
  }

  return {
    add(record: unknown): void {
      let end = -1;
      if (simple) {
        const key = pickKey(record);
        if (typeof key === 'string' && top + key.length + 32 < arenaTo) end = encodeAsciiKey(key, bytes, top + 12);
        if (end < 0) end = encodeKey(key, bytes, top + 12, arenaTo);
      } else {
        end = putKey(record, top + 12, arenaTo);
      }
      const group = simple ? end - top - 12 : groupLength();
      if (columns === null) {
        put(end, group, pickValue(record));
      } else {
        columns.take(pickValue(record), taken);
        putTaken(end, group);
      }
    },
    addText(from: number, to: number, value: number): void {
      const at = top + 12;
      // Escaped, each byte may take two: what may come near the limit of a key goes the careful way.
      if (to - from > 32_000) {
        const end = encodeTextKey(bytes, from, to, bytes, at, arenaTo);
        put(end, end - at, value);
        return;
      }
      bytes[at] = 0x50;
      let end = at + 1;
      for (let i = from; i < to; i++) {
        const byte = bytes[i] as number;
        if (byte < 2) {
          bytes[end++] = 1;
          bytes[end++] = byte + 1;
        } else {
          bytes[end++] = byte;
        }
      }
      bytes[end++] = 0;
      put(end, end - at, value);
    },
    addEncoded(source, { from, keyTo, group }, value): void {
      const at = top + 12;
      if (keyTo - from > 256) bytes.set(source.subarray(from, keyTo), at);
      else for (let i = from; i < keyTo; i++) bytes[at + i - from] = source[i] as number;
      if (columns === null) {
        put(at + keyTo - from, group, value);
        return;
      }
      for (let i = 0; i < width; i++) taken[i] = (value as readonly number[])[i] as number;
      putTaken(at + keyTo - from, group);
    },
    count: () => count,
    folded: () => folded,
    clear(): void {
      count = 0;
      top = arenaFrom;
      accounted = 0;
      words.fill(0, slotsAt, slotsAt + slots);
    },
  };
}
