// Counts words of text in the combining table (src/kernels/combine-kernel.ts), from where they lie to where they are counted
// without a copy. Words are taken some hundred at a time: first where each lies and what its hash is, then what the table has
// under that hash, then the comparison and the count. So what waits for memory waits for many words at once. A word that would
// fill the table or its slots, or that is not plain, is left to the caller, and the rest goes on behind it, in order.
//
// AssemblyScript, not TypeScript: `load<u32>(address, offset)` reads memory.

// A word of the batch, 16 bytes: where it begins, its length, its hash, the address of its key in the table or 0.
const lengthAt: usize = 4;
const hashAt: usize = 8;
const addressAt: usize = 12;
const wordBytes: usize = 16;
const batchWords: i32 = 128;
/** A longer word is left to the caller: it may be too long for a key. */
const lengthMax: u32 = 1024;

/** Why a call came back: the text has ended, the table lacks a word and room for it, or a word is to be looked at byte by byte. */
const ended: i32 = 0;
const missing: i32 = 1;
const unusual: i32 = 2;

import { finished, firstOf, hashed } from './hashes';
import { encodedBytes } from './numbers';

let batch: usize = 0;
let slots: usize = 0;
let mask: u32 = 0;
let value: f64 = 0;
/** As in batches.ts: the entries of the table, what fills it, and how full it is. */
let entries: usize = 0;
let countMax: u32 = 0;
let bytesMax: f64 = 0;
let entryTotal: u32 = 0;
let top: usize = 0;
let accounted: f64 = 0;
/** The slot for a word that `find` did not find. */
let free: usize = 0;
/** Words that were put in since `begin`. */
let inserted: i32 = 0;
/** Where the next batch begins, and where the text ends. */
let next: usize = 0;
let end: usize = 0;
/** Words of the batch, and how many of them are dealt with. */
let count: i32 = 0;
let done: i32 = 0;
/** The word behind the batch, at `next`, is unusual. */
let stopped: bool = false;
/** Words that were counted since `begin`. */
let counted: i32 = 0;
let wordFrom: usize = 0;
let wordTo: usize = 0;

/** The word that a call came back for. */
export function from(): usize {
  return wordFrom;
}
export function to(): usize {
  return wordTo;
}
export function countedWords(): i32 {
  return counted;
}

export function insertedWords(): i32 {
  return inserted;
}
export function entryCount(): u32 {
  return entryTotal;
}
export function keysEnd(): usize {
  return top;
}
export function accountedBytes(): f64 {
  return accounted;
}

/** What each word counts as, and 2 KB for a batch. */
export function words(number: f64, batchAt: usize): void {
  value = number;
  batch = batchAt;
}

/** The table as it is, and what fills it. Addresses are bytes. */
export function table(slotsFrom: usize, slotMask: u32, entriesFrom: usize, entriesMax: u32, fullBytes: f64): void {
  slots = slotsFrom;
  mask = slotMask;
  entries = entriesFrom;
  countMax = entriesMax;
  bytesMax = fullBytes;
}

/** How full it is. */
export function filled(count: u32, keysTo: usize, bytes: f64): void {
  entryTotal = count;
  top = keysTo;
  accounted = bytes;
}

/** Counts the words of memory[at, to), valid UTF-8 whose last byte is a line feed. */
export function begin(at: usize, to: usize): i32 {
  next = at;
  end = to;
  counted = 0;
  inserted = 0;
  count = 0;
  done = 0;
  stopped = false;
  return goOn();
}

/** Goes on behind a word that was missing. `emptied`: the table has none of the words any more that it had. */
export function resume(emptied: bool): i32 {
  counted++;
  if (emptied) for (let i = done; i < count; i++) store<u32>(batch + <usize>i * wordBytes, 0, addressAt);
  return goOn();
}

function goOn(): i32 {
  while (countBatch()) {
    if (stopped) {
      wordFrom = next;
      return unusual;
    }
    if (next >= end) return ended;
    tokenise();
    findAll();
  }
  return missing;
}

/** False at a word that the table does not have, and has no room for. */
function countBatch(): bool {
  while (done < count) {
    const word = batch + <usize>(done++) * wordBytes;
    const at: usize = load<u32>(word);
    const length = load<u32>(word, lengthAt);
    let address: usize = load<u32>(word, addressAt);
    if (address === 0 || !isKey(address, at, length)) address = find(at, length, load<u32>(word, hashAt));
    if (address !== 0) {
      store<f64>(address - 8, load<f64>(address - 8) + value);
    } else if (!insert(at, length, load<u32>(word, hashAt))) {
      wordFrom = at;
      wordTo = at + length;
      return false;
    }
    counted++;
  }
  return true;
}

/** The next words, up to a batch of them. */
function tokenise(): void {
  count = 0;
  done = 0;
  let at = next;
  const low = i8x16.splat(33);
  while (count < batchWords) {
    let byte = <u32>load<u8>(at);
    while (at < end && (byte < 33 || byte >= 0x80)) {
      const space = byte === 32 || (byte >= 9 && byte <= 13) ? 1 : byte < 33 ? 0 : spaceAt(at);
      if (space === 0) break;
      at += space;
      byte = <u32>load<u8>(at);
    }
    if (at >= end) break;
    const wordAt = at;
    for (;;) {
      // Bytes below 33, and those of 128 and above, which are negative here.
      const special = i8x16.bitmask(i8x16.lt_s(v128.load(at), low));
      if (special === 0) {
        at += 16;
        continue;
      }
      at += ctz(special);
      byte = <u32>load<u8>(at);
      if (byte < 33 || spaceAt(at) > 0) break;
      at++;
    }
    const length = <u32>(at - wordAt);
    if (length > lengthMax || (byte < 33 && byte !== 32 && (byte < 9 || byte > 13))) {
      stopped = true;
      at = wordAt;
      break;
    }
    const word = batch + <usize>count * wordBytes;
    store<u32>(word, <u32>wordAt);
    store<u32>(word, length, lengthAt);
    store<u32>(word, hashOf(wordAt, length), hashAt);
    count++;
  }
  next = at;
}

/** Length of the white space of several bytes at an address, or 0 (storage/formats/text.ts). */
function spaceAt(at: usize): i32 {
  const first = <u32>load<u8>(at);
  const second = <u32>load<u8>(at, 1);
  if (first === 0xc2) return second === 0xa0 ? 2 : 0;
  const third = <u32>load<u8>(at, 2);
  if (first === 0xe1) return second === 0x9a && third === 0x80 ? 3 : 0;
  if (first === 0xe2) {
    if (second === 0x80) return (third >= 0x80 && third <= 0x8a) || third === 0xa8 || third === 0xa9 || third === 0xaf ? 3 : 0;
    return second === 0x81 && third === 0x9f ? 3 : 0;
  }
  if (first === 0xe3) return second === 0x80 && third === 0x80 ? 3 : 0;
  if (first === 0xef) return second === 0xbb && third === 0xbf ? 3 : 0;
  return 0;
}

/** The first 16 bytes of a word's key: its tag, and as many bytes of the word. */
@inline function firstBlock(at: usize, length: u32): v128 {
  const text = v128.load(at);
  return firstOf(v128.shuffle<u8>(i8x16.splat(0x50), text, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30), length + 1);
}

/** The table's hash of the word's key: its tag, its bytes, a zero. */
@inline function hashOf(at: usize, length: u32): u32 {
  let hash = hashed(length + 2, firstBlock(at, length));
  for (let done: u32 = 15; done <= length; done += 16) hash = hashed(hash, firstOf(v128.load(at + done), length - done));
  return finished(hash);
}

/** What the first slot of each hash has. */
function findAll(): void {
  for (let i = 0; i < count; i++) {
    const word = batch + <usize>i * wordBytes;
    const hash = load<u32>(word, hashAt);
    const slot = slots + (<usize>(hash & mask) << 3);
    store<u32>(word, load<u32>(slot) === hash ? load<u32>(slot, 4) : 0, addressAt);
  }
}

function find(at: usize, length: u32, hash: u32): usize {
  let i = hash & mask;
  let slot = slots + (<usize>i << 3);
  let address: usize = load<u32>(slot, 4);
  while (address !== 0 && (load<u32>(slot) !== hash || !isKey(address, at, length))) {
    i = (i + 1) & mask;
    slot = slots + (<usize>i << 3);
    address = load<u32>(slot, 4);
  }
  free = slot;
  return address;
}

/** Makes an entry of a word, as `insert` of batches.ts does. */
function insert(at: usize, length: u32, hash: u32): bool {
  const key = length + 2;
  const cost = <f64>(key + 32 + encodedBytes(value));
  if (entryTotal + 1 > countMax || accounted + cost > bytesMax) return false;
  const address = top + 8;
  store<f64>(top, value);
  store<u32>(address, key);
  store<u32>(address, key, 4);
  v128.store(address + 8, firstBlock(at, length));
  for (let done: u32 = 15; done < length; done += 16) v128.store(address + 9 + done, v128.load(at + done));
  // The end of the key, and zeros up to a whole word.
  store<u32>(address + 9 + length, 0);
  store<u32>(free, hash);
  store<u32>(free, <u32>address, 4);
  const entry = entries + (<usize>entryTotal << 3);
  store<u32>(entry, hash);
  store<u32>(entry, <u32>address, 4);
  entryTotal++;
  top = (address + 8 + key + 7) & ~7;
  accounted += cost;
  inserted++;
  return true;
}

/** Whether the key at an address is that of a word. */
@inline function isKey(address: usize, at: usize, length: u32): bool {
  if ((load<u32>(address) & 0x3ffff) !== length + 2 || load<u8>(address, 8) !== 0x50) return false;
  let left = <i32>length;
  let one = at;
  let other = address + 9;
  while (left > 16) {
    if (!i8x16.all_true(i8x16.eq(v128.load(one), v128.load(other)))) return false;
    one += 16;
    other += 16;
    left -= 16;
  }
  return (i8x16.bitmask(i8x16.ne(v128.load(one), v128.load(other))) & ((1 << left) - 1)) === 0;
}
