// The combining table of a shuffle edge: open addressing over key bytes that lie in the fixed memory. A slot has a key's hash and
// address; its number, or numbers, lie right before the key, so that a record that is folded touches two places of memory: the
// slot, and the key with its numbers. Any other value is kept encoded behind the keys. The table is flushed by a count of bytes
// that only keys and values decide (encoded key + value + 32 an entry, 8 more for a value that is no number, or for several
// numbers), so that its layout never shows in the output.
//
//   region   slots (hash, address) | entries in the order they came (hash, address) | keys …             … room for sorting the index
//   key      8 bytes a number, word: length | flag, word: length of the group part, bytes, zeros up to a whole 8 bytes
//   address  of the word with the length
//   flag     0x40000: encoded value, the place of the number has its address and length

import type { ColumnFold } from './column-fold-kernel.ts';
import type { CombineDependencies, CombineTable } from './combine-table.ts';
import type { KeyBatch, KeyQueue } from './key-batch.ts';
import type { WordKernel } from './word-kernel.ts';

export function combineKernel(d: CombineDependencies): CombineTable {
  const { bytes, words, floats, slotsAt, entriesAt, arenaFrom, arenaTo, bytesMax, recordBytesMax } = d;
  const { pickKey, pickValue, fold, simple, putKey, groupLength, encodeAsciiKey, encodeKey } = d;
  const { encodeTextKey, encodeValue, decodeValue, numberBytes, tooLarge, flush, slotsMax, columns, batch, queue } = d;
  const width = columns === null ? 1 : columns.width;
  /** From where a key's record begins to its length, and to its bytes. */
  const before = 8 * width;
  const keyFrom = before + 8;
  const taken = new Float64Array(width);
  let slots = Math.min(slotsMax, 1 << 10);
  let mask = slots - 1;
  let count = 0;
  let top = arenaFrom;
  let accounted = 0;
  let folded = 0;
  /** The slot that a key may have which `find` did not find, and whether `locate` made an entry. */
  let free = 0;
  let fresh = false;
  /** How often the table was emptied. */
  let emptied = 0;
  /** How many records wait in the queue, and whether all values in the table are numbers: others are folded by themselves. */
  let queued = 0;
  let plain = true;

  function clear(): void {
    count = 0;
    top = arenaFrom;
    accounted = 0;
    plain = true;
    emptied++;
    words.fill(0, slotsAt, slotsAt + 2 * slots);
  }

  function grow(): void {
    slots *= 2;
    mask = slots - 1;
    words.fill(0, slotsAt, slotsAt + 2 * slots);
    for (let i = 0, entry = entriesAt; i < count; i++, entry += 2) {
      const hash = words[entry] as number;
      let at = hash & mask;
      while (words[slotsAt + 2 * at + 1] !== 0) at = (at + 1) & mask;
      const slot = slotsAt + 2 * at;
      words[slot] = hash;
      words[slot + 1] = words[entry + 1] as number;
    }
  }

  function foldedValue(address: number): unknown {
    if (((words[address >>> 2] as number) & 0x40000) === 0) return floats[(address - 8) >>> 3];
    const at = words[(address - 8) >>> 2] as number;
    return decodeValue(bytes, at, at + (words[(address - 4) >>> 2] as number));
  }

  /** Encodes a value that is no number behind the keys and makes it the entry's. */
  function store(address: number, value: unknown): void {
    if (typeof value === 'number') {
      words[address >>> 2] = (words[address >>> 2] as number) & 0x3ffff;
      floats[(address - 8) >>> 3] = value;
      return;
    }
    plain = false;
    const end = encodeValue(value, bytes, top, arenaTo);
    // A large value goes alone, so that others never have to be spilled for want of room: that would depend on the layout.
    if (end < 0 || (end - top > 0x100000 && count > 1)) {
      storeAlone(address, value);
      return;
    }
    if (end - top > recordBytesMax) tooLarge();
    words[address >>> 2] = (words[address >>> 2] as number) | 0x40000;
    words[(address - 8) >>> 2] = top;
    words[(address - 4) >>> 2] = end - top;
    accounted += end - top + 8;
    top = (end + 7) & ~7;
  }

  /** A value over a megabyte: the others are spilled, then it is stored among none. */
  function storeAlone(address: number, value: unknown): void {
    if (count < 2) tooLarge();
    const length = (words[address >>> 2] as number) & 0x3ffff;
    const group = words[(address + 4) >>> 2] as number;
    const copy = bytes.slice(address + 8, address + 8 + length);
    let entry = entriesAt;
    while (words[entry + 1] !== address) entry += 2;
    words[entry + 1] = 0;
    flush();
    bytes.set(copy, top + keyFrom);
    put(top + keyFrom + length, group, value);
  }

  /** As assembly/hashes.ts has it: words behind the key count as zeros, which add nothing. */
  function hashOf(source: Uint32Array, from: number, to: number, length: number): number {
    let hash = length;
    for (let i = from; i < to; i++) {
      const at = (i - from) & 3;
      if (at === 0) hash = Math.imul(hash ^ (hash >>> 15), 0x165667b1);
      const word = source[i] as number;
      const factor = at === 0 ? 0x9e3779b1 : at === 1 ? 0x85ebca77 : at === 2 ? 0xc2b2ae3d : 0x27d4eb2f;
      hash = (hash + Math.imul(word ^ (word >>> 15), factor)) | 0;
    }
    hash = Math.imul(hash ^ (hash >>> 13), 0x2c1b3c6d);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  /** The address of the key that source has in its words from `from` on; 0 when there is none, and `free` is where it may go. */
  function find(source: Uint32Array, from: number, length: number, hash: number): number {
    const to = from + ((length + 3) >>> 2);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = slotsAt + 2 * at;
      const address = words[slot + 1] as number;
      if (address === 0) {
        free = slot;
        return 0;
      }
      if (words[slot] !== hash || ((words[address >>> 2] as number) & 0x3ffff) !== length) continue;
      let i = from;
      let j = (address + 8) >>> 2;
      while (i < to && source[i] === words[j]) {
        i++;
        j++;
      }
      if (i === to) return address;
    }
  }

  /** Makes an entry of the key that lies at top + keyFrom, and gives its address. */
  function insert(length: number, group: number, hash: number): number {
    const address = top + before;
    words[free] = hash;
    words[free + 1] = address;
    const entry = entriesAt + 2 * count;
    words[entry] = hash;
    words[entry + 1] = address;
    words[address >>> 2] = length;
    words[(address + 4) >>> 2] = group;
    count++;
    top = (top + keyFrom + length + 7) & ~7;
    accounted += length + 32;
    return address;
  }

  /** The address of the key that lies at top + keyFrom and ends at `end`; a new one has no value yet, and `fresh` says so. */
  function locate(end: number, group: number): number {
    const from = top + keyFrom;
    const length = end - from;
    // Zeros up to a whole word: keys are hashed and compared by words.
    bytes[end] = 0;
    bytes[end + 1] = 0;
    bytes[end + 2] = 0;
    const hash = hashOf(words, from >>> 2, (end + 3) >>> 2, length);
    const address = find(words, from >>> 2, length, hash);
    fresh = address === 0;
    return fresh ? insert(length, group, hash) : address;
  }

  function put(end: number, group: number, value: unknown): void {
    const address = locate(end, group);
    const isNumber = typeof value === 'number';
    if (fresh) {
      if (isNumber) {
        floats[(address - 8) >>> 3] = value;
        accounted += numberBytes(value);
      } else {
        store(address, value);
      }
      added();
      return;
    }
    folded++;
    if (isNumber && ((words[address >>> 2] as number) & 0x40000) === 0) {
      const at = (address - 8) >>> 3;
      const sum = fold(floats[at], value);
      if (typeof sum === 'number') {
        floats[at] = sum;
        return;
      }
      store(address, sum);
    } else {
      store(address, fold(foldedValue(address), value));
    }
    if (accounted > bytesMax) flush();
  }

  function added(): void {
    if (accounted > bytesMax) flush();
    else if (count * 4 > slots * 3 && slots < slotsMax) grow();
  }

  /** The numbers were taken from the value before the table is touched: a value that has none leaves no trace. */
  function putTaken(end: number, group: number): void {
    const address = locate(end, group);
    if (fresh) {
      putNumbers(address, taken, 0);
    } else {
      folded++;
      (columns as ColumnFold).fold(floats, (address >>> 3) - width, taken);
    }
  }

  function putNumbers(address: number, numbers: Float64Array, from: number): void {
    const place = (address >>> 3) - width;
    for (let i = 0; i < width; i++) floats[place + i] = numbers[from + i] as number;
    accounted += columns === null ? numberBytes(numbers[from] as number) : 8 * width + 8;
    added();
  }

  function addBatch(rows: number): void {
    const { words: keys, lengths, hashes, numbers, kernel, prepare } = batch as KeyBatch;
    prepare();
    for (let from = 0, emptiedBefore = emptied; ; ) {
      const countMax = slots < slotsMax ? (slots / 4) * 3 : 0xffffffff;
      kernel.table(slotsAt * 4, mask, entriesAt * 4, countMax, bytesMax);
      const at = kernel.add(from, rows, count, top, accounted, emptied !== emptiedBefore);
      count = kernel.entryCount();
      top = kernel.keysEnd() >>> 0;
      accounted = kernel.accountedBytes();
      folded += kernel.foldedKeys();
      if (at === rows) return;
      // A new key, with which the table is full or its slots are.
      emptiedBefore = emptied;
      const length = lengths[at] as number;
      const hash = hashes[at] as number;
      find(keys, 16 * at, length, hash);
      let to = (top + keyFrom) >>> 2;
      for (let word = 16 * at; word < 16 * at + ((length + 3) >>> 2); word++) words[to++] = keys[word] as number;
      putNumbers(insert(length, length, hash), numbers, width * at);
      from = at + 1;
    }
  }

  function putText(from: number, to: number, value: number): void {
    const at = top + keyFrom;
    const end = encodeTextKey(bytes, from, to, bytes, at, arenaTo);
    put(end, end - at, value);
  }

  function addWords(kernel: WordKernel, at: number, to: number, value: number): number {
    drain();
    for (let put = 0, emptiedBefore = emptied, first = true; ; first = false) {
      kernel.table(slotsAt * 4, mask, entriesAt * 4, slots < slotsMax ? (slots / 4) * 3 : 0xffffffff, bytesMax);
      kernel.filled(count, top, accounted);
      const reason = first ? kernel.begin(at, to) : kernel.resume(emptied !== emptiedBefore);
      count = kernel.entryCount();
      top = kernel.keysEnd() >>> 0;
      accounted = kernel.accountedBytes();
      if (reason !== 1) {
        folded += kernel.countedWords() - kernel.insertedWords() - put;
        return reason === 0 ? to : kernel.from() >>> 0;
      }
      // A new word, with which the table is full or its slots are.
      emptiedBefore = emptied;
      putText(kernel.from() >>> 0, kernel.to() >>> 0, value);
      put++;
    }
  }

  /** False: the key is none for the queue. */
  function enqueue({ bytes: keys, lengths, numbers }: KeyQueue, key: string, value: number): boolean {
    const at = queued << 6;
    let end = encodeAsciiKey(key, keys, at);
    // A slot is 64 bytes, and a key is followed by up to 3 zeros.
    if (end < 0) end = encodeKey(key, keys, at, at + 60);
    if (end < 0) return false;
    keys[end] = 0;
    keys[end + 1] = 0;
    keys[end + 2] = 0;
    lengths[queued] = end - at;
    numbers[queued] = value;
    queued++;
    if (queued === lengths.length) drain();
    return true;
  }

  /** What waits is put in. */
  function drain(): void {
    if (queued === 0 || queue === null || batch === null) return;
    const rows = queued;
    queued = 0;
    batch.words.set(rows < queue.lengths.length ? queue.words.subarray(0, 16 * rows) : queue.words);
    batch.lengths.set(queue.lengths);
    batch.numbers.set(queue.numbers);
    addBatch(rows);
  }

  clear();
  return {
    begin(): void {
      folded = 0;
      queued = 0;
      clear();
    },
    add(record: unknown): void {
      let end = -1;
      let value: unknown;
      let isPicked = false;
      if (simple) {
        const key = pickKey(record);
        if (queue !== null) {
          if (plain && typeof key === 'string' && key.length <= queue.charsMax) {
            value = pickValue(record);
            isPicked = true;
            if (typeof value === 'number' && enqueue(queue, key, value)) return;
          }
          drain();
        }
        if (typeof key === 'string' && top + key.length + before + 32 < arenaTo) end = encodeAsciiKey(key, bytes, top + keyFrom);
        if (end < 0) end = encodeKey(key, bytes, top + keyFrom, arenaTo);
      } else {
        end = putKey(record, top + keyFrom, arenaTo);
      }
      const group = simple ? end - top - keyFrom : groupLength();
      if (columns === null) {
        put(end, group, isPicked ? value : pickValue(record));
      } else {
        columns.take(pickValue(record), taken);
        putTaken(end, group);
      }
    },
    addText(from: number, to: number, value: number): void {
      drain();
      putText(from, to, value);
    },
    addEncoded(source, { from, keyTo, group }, value): void {
      drain();
      const at = top + keyFrom;
      if (keyTo - from > 256) bytes.set(source.subarray(from, keyTo), at);
      else for (let i = from; i < keyTo; i++) bytes[at + i - from] = source[i] as number;
      if (columns === null) {
        put(at + keyTo - from, group, value);
        return;
      }
      for (let i = 0; i < width; i++) taken[i] = (value as readonly number[])[i] as number;
      putTaken(at + keyTo - from, group);
    },
    addBatch,
    addWords,
    count(): number {
      drain();
      return count;
    },
    folded: () => folded,
    clear,
  };
}
