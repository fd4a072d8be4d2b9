// The arena of a shuffle edge without a combiner: records lie one behind another in the order they came, and are indexed and
// sorted when the arena is full. Full is a count of bytes that only the records decide (key + value + 32 a record).
//
//   record   [word: length of the group part, when the edge orders values] word: key length, word: value length, key, value,
//            up to a word

export interface ArenaDependencies {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly arenaFrom: number;
  readonly arenaTo: number;
  /** Flush before the record that would bring the count over this. */
  readonly bytesMax: number;
  readonly recordBytesMax: number;
  readonly pickKey: (record: unknown) => unknown;
  readonly pickValue: (record: unknown) => unknown;
  /** The key of one ascending part; otherwise `putKey` writes the parts. */
  readonly simple: boolean;
  /** Records carry no value: value length 0. */
  readonly keyOnly: boolean;
  /** The edge orders values: the group's length is kept. */
  readonly ordered: boolean;
  readonly putKey: (record: unknown, at: number, limit: number) => number;
  readonly groupLength: () => number;
  readonly encodeKey: (key: unknown, target: Uint8Array, at: number, limit: number) => number;
  readonly encodeTextKey: (source: Uint8Array, from: number, to: number, target: Uint8Array, at: number, limit: number) => number;
  readonly encodeValue: (value: unknown, target: Uint8Array, at: number, limit: number) => number;
  readonly encodeTextValue: (source: Uint8Array, from: number, to: number, target: Uint8Array, at: number, limit: number) => number;
  readonly tooLarge: () => never;
  /** Spills all records and calls clear(). */
  readonly flush: () => void;
}

/** Where the parts of an encoded record lie, and how long the group part of its key is. */
export interface EncodedRecord {
  readonly from: number;
  readonly keyTo: number;
  readonly group: number;
  readonly to: number;
}

export interface Arena {
  add(record: unknown): void;
  /** A record that never became a value: string key = valid UTF-8 in bytes[from, to), and no value. */
  addText(from: number, to: number): void;
  /** A record that is a string, whose value is the record: valid UTF-8 in bytes[from, to). */
  addLine(record: string, from: number, to: number): void;
  /** A record that was encoded elsewhere: its key is source[from, keyTo), its value source[keyTo, to). */
  addEncoded(source: Uint8Array, at: EncodedRecord): void;
  readonly count: () => number;
  /** End of the records. */
  readonly top: () => number;
  /** What they count as. */
  readonly accounted: () => number;
  /** Records were added by another loop, by the same rule: so the arena is now. */
  adopt(top: number, accounted: number, count: number): void;
  clear(): void;
}

export function arenaKernel(d: ArenaDependencies): Arena {
  const { bytes, words, arenaFrom, arenaTo, bytesMax, recordBytesMax, pickKey, pickValue, simple, keyOnly, ordered } = d;
  const { putKey, groupLength, encodeKey, encodeTextKey, encodeValue, encodeTextValue, tooLarge, flush } = d;
  const before = ordered ? 4 : 0;
  let count = 0;
  let top = arenaFrom;
  let accounted = 0;
  /** The last number that was a value, and where its bytes lie in the arena; NaN, which equals nothing: there is none. */
  let lastNumber = Number.NaN;
  let lastAt = 0;
  let lastLength = 0;

  /** The record was written at `top`; moves it to the front when the others must go first. */
  function commit(keyEnd: number, end: number, group: number): void {
    const address = top + before;
    const size = end - address - 8;
    if (size > recordBytesMax) {
      lastNumber = Number.NaN;
      tooLarge();
    }
    const keyLength = keyEnd - address - 8;
    if (accounted + size + 32 > bytesMax && count > 0) {
      // The spill leaves the bytes of the arena alone but for the index behind it, so the record is kept aside.
      const copy = bytes.slice(address + 8, end);
      flush();
      bytes.set(copy, top + before + 8);
      commit(top + before + 8 + keyLength, top + before + 8 + size, group);
      return;
    }
    if (ordered) words[top >>> 2] = group;
    words[address >>> 2] = keyLength;
    words[(address + 4) >>> 2] = size - keyLength;
    top = (end + 3) & ~3;
    accounted += size + 32;
    count++;
  }

  /** No room behind the others for a whole record: they are over the count with it, so they go first. */
  function makeRoom(): void {
    if (count === 0) tooLarge();
    flush();
  }

  function add(record: unknown): void {
    for (;;) {
      const at = top + before + 8;
      const keyEnd = simple ? encodeKey(pickKey(record), bytes, at, arenaTo) : putKey(record, at, arenaTo);
      if (keyEnd < 0) {
        makeRoom();
        continue;
      }
      const end = keyOnly ? keyEnd : putValue(pickValue(record), keyEnd);
      if (end < 0) {
        makeRoom();
        continue;
      }
      commit(keyEnd, end, ordered ? groupLength() : 0);
      return;
    }
  }

  /** A number is often that of the record before, as a document's is for all its words: then its bytes are there. */
  function putValue(value: unknown, at: number): number {
    if (value === lastNumber && at + lastLength <= arenaTo) {
      for (let i = 0; i < lastLength; i++) bytes[at + i] = bytes[lastAt + i] as number;
      return at + lastLength;
    }
    const end = encodeValue(value, bytes, at, arenaTo);
    // 0 is equal to -0, which has other bytes.
    if (end > 0 && typeof value === 'number' && value !== 0) {
      lastNumber = value;
      lastAt = at;
      lastLength = end - at;
    }
    return end;
  }

  return {
    add,
    addText(from: number, to: number): void {
      for (;;) {
        const keyEnd = encodeTextKey(bytes, from, to, bytes, top + before + 8, arenaTo);
        if (keyEnd >= 0) {
          commit(keyEnd, keyEnd, keyEnd - top - before - 8);
          return;
        }
        makeRoom();
      }
    },
    addLine(record: string, from: number, to: number): void {
      for (;;) {
        const at = top + before + 8;
        const keyEnd = simple ? encodeKey(pickKey(record), bytes, at, arenaTo) : putKey(record, at, arenaTo);
        const end = keyEnd < 0 ? -1 : encodeTextValue(bytes, from, to, bytes, keyEnd, arenaTo);
        if (end >= 0) {
          commit(keyEnd, end, ordered ? groupLength() : 0);
          return;
        }
        makeRoom();
      }
    },
    addEncoded(source: Uint8Array, { from, keyTo, group, to }: EncodedRecord): void {
      for (;;) {
        const at = top + before + 8;
        if (at + to - from <= arenaTo) {
          // Short ones, as most are, are copied without a view each.
          if (to - from > 256) bytes.set(source.subarray(from, to), at);
          else for (let i = from; i < to; i++) bytes[at + i - from] = source[i] as number;
          commit(at + keyTo - from, at + to - from, group);
          return;
        }
        makeRoom();
      }
    },
    count: () => count,
    top: () => top,
    accounted: () => accounted,
    adopt(newTop: number, newAccounted: number, newCount: number): void {
      top = newTop;
      accounted = newAccounted;
      count = newCount;
    },
    clear(): void {
      count = 0;
      top = arenaFrom;
      accounted = 0;
      lastNumber = Number.NaN;
    },
  };
}
