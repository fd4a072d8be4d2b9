// Puts a batch of keys with their numbers into a combining table (src/kernels/combine-kernel.ts): first all hashes and what the
// table has under them, then the comparisons, then the folds in their order. So what waits for memory waits for many keys at
// once. A key that would fill the table, or its slots, is left to the caller, and the rest goes on behind it.
//
// AssemblyScript, not TypeScript: `load<u32>(address, offset)` reads memory.

// The batch (src/kernels/key-batch.ts): 256 slots of 64 bytes, each with a key and zeros up to a whole word; then for each key
// its length, its hash, its address in the table or 0; the fold of each number; and the numbers.
const slotShift: usize = 6;
const lengthsAt: usize = 16384;
const hashesAt: usize = 17408;
const addressesAt: usize = 18432;
const foldsAt: usize = 19456;
const numbersAt: usize = 19472;

import { hashOf } from './hashes';
import { encodedBytes, fold, putLength, putNumbers } from './numbers';

let batch: usize = 0;
let slots: usize = 0;
let mask: u32 = 0;
let entries: usize = 0;
let width: usize = 0;
/** The one number of a key is accounted for as it is encoded. */
let single: bool = false;
let countMax: u32 = 0;
let bytesMax: f64 = 0;
let count: u32 = 0;
let top: usize = 0;
let accounted: f64 = 0;
let folded: i32 = 0;
let free: usize = 0;

export function entryCount(): u32 {
  return count;
}
export function keysEnd(): usize {
  return top;
}
export function accountedBytes(): f64 {
  return accounted;
}
/** Keys that were there, since `add` was called. */
export function foldedKeys(): i32 {
  return folded;
}

/** The table as it is, and what fills it. Addresses are bytes. */
export function table(slotsFrom: usize, slotMask: u32, entriesFrom: usize, entriesMax: u32, fullBytes: f64): void {
  slots = slotsFrom;
  mask = slotMask;
  entries = entriesFrom;
  countMax = entriesMax;
  bytesMax = fullBytes;
}

/** Numbers of each key. */
export function numbers(batchFrom: usize, perKey: i32, asOne: bool): void {
  batch = batchFrom;
  width = perKey;
  single = asOne;
}

/** Adds the keys [from, rows) to a table of so much; gives the index of one that is left to the caller, or `rows`. */
export function add(from: i32, rows: i32, had: u32, keysTo: usize, bytes: f64, emptied: bool): i32 {
  count = had;
  top = keysTo;
  accounted = bytes;
  folded = 0;
  if (from === 0) lookUp(rows);
  else if (emptied) for (let i = from; i < rows; i++) store<u32>(batch + (<usize>i << 2), 0, addressesAt);
  for (let i = from; i < rows; i++) {
    const row = batch + (<usize>i << 2);
    let address: usize = load<u32>(row, addressesAt);
    if (address === 0) address = find(batch + (<usize>i << slotShift), load<u32>(row, lengthsAt), load<u32>(row, hashesAt));
    const given = batch + numbersAt + (<usize>i * width << 3);
    if (address !== 0) {
      fold(address - (width << 3), given, batch + foldsAt, width);
      folded++;
    } else if (!insert(i, given)) return i;
  }
  return rows;
}

/** Where each key lies, as far as its first slot says. */
function lookUp(rows: i32): void {
  for (let i = 0; i < rows; i++) {
    const row = batch + (<usize>i << 2);
    const hash = hashOf(batch + (<usize>i << slotShift), load<u32>(row, lengthsAt));
    const slot = slots + (<usize>(hash & mask) << 3);
    store<u32>(row, hash, hashesAt);
    store<u32>(row, load<u32>(slot) === hash ? load<u32>(slot, 4) : 0, addressesAt);
  }
  for (let i = 0; i < rows; i++) {
    const row = batch + (<usize>i << 2);
    const address: usize = load<u32>(row, addressesAt);
    if (address === 0 || isKey(address, batch + (<usize>i << slotShift), load<u32>(row, lengthsAt))) continue;
    store<u32>(row, 0, addressesAt);
  }
}

@inline function isKey(address: usize, key: usize, length: u32): bool {
  if ((load<u32>(address) & 0x3ffff) !== length) return false;
  const to = key + length;
  let other = address + 8;
  for (let at = key; at < to; at += 4, other += 4) if (load<u32>(at) !== load<u32>(other)) return false;
  return true;
}

/** The address of a key; 0 when there is none, and `free` is where it may go. */
function find(key: usize, length: u32, hash: u32): usize {
  let i = hash & mask;
  let slot = slots + (<usize>i << 3);
  let address: usize = load<u32>(slot, 4);
  while (address !== 0 && (load<u32>(slot) !== hash || !isKey(address, key, length))) {
    i = (i + 1) & mask;
    slot = slots + (<usize>i << 3);
    address = load<u32>(slot, 4);
  }
  free = slot;
  return address;
}

function insert(i: i32, given: usize): bool {
  const row = batch + (<usize>i << 2);
  const length = load<u32>(row, lengthsAt);
  const hash = load<u32>(row, hashesAt);
  const cost = <f64>(length + 32 + (single ? encodedBytes(load<f64>(given)) : 8 * <u32>width + 8));
  if (count + 1 > countMax || accounted + cost > bytesMax) return false;
  for (let at: usize = 0; at < width << 3; at += 8) store<f64>(top + at, load<f64>(given + at));
  const address = top + (width << 3);
  store<u32>(address, length);
  store<u32>(address, length, 4);
  let target = address + 8;
  const key = batch + (<usize>i << slotShift);
  for (let at = key; at < key + length; at += 4, target += 4) store<u32>(target, load<u32>(at));
  store<u32>(free, hash);
  store<u32>(free, <u32>address, 4);
  const entry = entries + (<usize>count << 3);
  store<u32>(entry, hash);
  store<u32>(entry, <u32>address, 4);
  count++;
  top = (address + 8 + length + 7) & ~7;
  accounted += cost;
  return true;
}

let out: usize = 0;
let moved: f64 = 0;
/** Keeps the reads that only bring memory near. */
let seen: u32 = 0;

/** Where `gather` has written up to, and how many bytes of keys and values. */
export function outEnd(): usize {
  return out;
}
export function movedBytes(): f64 {
  return moved;
}

/**
 * Writes entries of a table, in the order of their index [entry, entriesEnd), as records from `from` on, as long as they are of the
 * first one's partition and end before `to` by the count of RunWriter.put. Each has a list of `perKey` numbers, or one number
 * where that is 0; at a value that is none it stops. Gives the first entry that is left.
 */
export function gather(entry: usize, entriesEnd: usize, perKey: i32, withGroups: bool, from: usize, to: usize): usize {
  const partition = load<u32>(entry, 12);
  const several = <usize>(perKey > 0 ? perKey : 1);
  let at = from;
  let next = entry;
  let bytes: u64 = 0;
  for (; next < entriesEnd && load<u32>(next, 12) === partition; next += 16) {
    if (next + 256 < entriesEnd) seen ^= load<u32>(load<u32>(next + 256, 8));
    const address: usize = load<u32>(next, 8);
    const header = load<u32>(address);
    const key = header & 0x3ffff;
    if (perKey === 0 && header !== key) break;
    const first = address - (several << 3);
    let value: u32 = perKey === 0 ? 0 : perKey > 7 ? 2 : 1;
    for (let number = first; number < address; number += 8) value += encodedBytes(load<f64>(number));
    const size: usize = key + value;
    if (at + size + 12 > to) break;
    at = putLength(at, key);
    if (withGroups) at = putLength(at, load<u32>(address, 4));
    at = putLength(at, value);
    // Up to 15 bytes behind the key are written too, and then written over.
    for (let i: usize = 0; i < key; i += 16) v128.store(at + i, v128.load(address + 8 + i));
    at += key;
    at = putNumbers(at, first, perKey);
    bytes += size;
  }
  moved = <f64>bytes;
  out = at;
  return next;
}
