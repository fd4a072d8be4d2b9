// The loops of a shuffle that move whole records: `gather` takes sorted records out of an arena into a block, `merge` takes
// them out of the blocks of many cursors, in order. Compiled to WebAssembly (`npm run kernels`), which copies 16 bytes an
// instruction and keeps the state of a merge in registers and one cache line a cursor. Both work in the executor's fixed
// memory, know nothing of files, and stop wherever something is to be decided: their caller goes on from there.
//
// AssemblyScript, not TypeScript: `load<u32>(address, offset)` reads memory.

import {
  begin as beginTree,
  blockEnd,
  copy,
  decoded,
  ended,
  keyAt,
  keyLength,
  length,
  nextAt,
  putLength,
  recordAt,
  stateOf,
  stepWinner,
  take,
  valueLength,
  winner,
} from './merge-tree';

export { block, finish, isBelow, kind, start, step, take, winner } from './merge-tree';

/** Where `merge` and `gather` have written up to. */
let out: usize = 0;
/** Bytes of keys and values that they moved since `begin`, and records since the last call. */
let moved: f64 = 0;
let records: i32 = 0;

export function outEnd(): usize {
  return out;
}
export function movedBytes(): f64 {
  return moved;
}
export function movedRecords(): i32 {
  return records;
}

/** The states of `count` cursors, every `bytes` bytes from `address` on. */
export function begin(address: usize, bytes: usize, count: i32, withSides: bool, high: usize, highBytes: usize): void {
  beginTree(address, bytes, count, withSides, high, highBytes);
  moved = 0;
}

// What `merge` writes of a record.
const wholeRecords: i32 = 0;
const textKeys: i32 = 1;
const textValues: i32 = 2;

// Why it came back.
const allDone: i32 = 0;
/** The winner steps as soon as it has its next block. */
const needsBlock: i32 = 1;
const isFull: i32 = 2;
/** The winner's record is not what the mode is for, or larger than its block. */
const isOther: i32 = 3;

/**
 * Writes records from `from` on, in order, as long as they end before `to`; 16 bytes behind `to` may be written over. Whole
 * records count 12 bytes of lengths each, as many as they may have, so that blocks are cut as by RunWriter.put.
 */
export function merge(mode: i32, from: usize, to: usize): i32 {
  let at = from;
  let reason = allDone;
  records = 0;
  for (;;) {
    if (!stepWinner()) {
      reason = needsBlock;
      break;
    }
    const s = stateOf(winner());
    if (load<u32>(s, ended) !== 0) break;
    const next: usize = load<u32>(s, nextAt);
    if (next > <usize>load<u32>(s, blockEnd)) {
      reason = isOther;
      break;
    }
    const key: usize = load<u32>(s, keyAt);
    const keyBytes: usize = load<u32>(s, keyLength);
    const valueBytes: usize = load<u32>(s, valueLength);
    if (mode === wholeRecords) {
      if (at + keyBytes + valueBytes + 12 > to) {
        reason = isFull;
        break;
      }
      const whole: usize = load<u32>(s, recordAt);
      copy(at, whole, next - whole);
      at += next - whole;
    } else {
      let text = key + 1;
      let bytes: usize = 0;
      let isText = false;
      if (mode === textKeys) {
        isText = load<u8>(key) === 0x50;
        bytes = keyBytes - 2;
      } else {
        const value = key + keyBytes;
        const tag = load<u8>(value);
        if ((tag & 0xc0) === 0x40) {
          isText = true;
          text = value + 1;
          bytes = tag & 63;
        } else if (tag === 0x0a) {
          isText = true;
          text = length(value + 1);
          bytes = decoded;
        }
      }
      if (!isText) {
        reason = isOther;
        break;
      }
      if (at + bytes + 1 > to) {
        reason = isFull;
        break;
      }
      if (mode === textKeys && isEscaped(text, bytes)) {
        reason = isOther;
        break;
      }
      copy(at, text, bytes);
      at += bytes;
      store<u8>(at++, 10);
    }
    moved += <f64>(keyBytes + valueBytes);
    records++;
    take();
  }
  out = at;
  return reason;
}

/** Whether a byte 01 is among them. */
function isEscaped(address: usize, bytes: usize): bool {
  const escape = i8x16.splat(1);
  let at = address;
  const end = address + bytes;
  for (; at + 16 <= end; at += 16) if (v128.any_true(i8x16.eq(v128.load(at), escape))) return true;
  for (; at < end; at++) if (load<u8>(at) === 1) return true;
  return false;
}

/**
 * Writes records of an arena from `from` on, in the order of their index entries [entry, entriesEnd), as long as they are of
 * the first one's partition and end before `to` by the count of RunWriter.put. Gives the first entry that is left.
 */
export function gather(entry: usize, entriesEnd: usize, withGroups: bool, from: usize, to: usize): usize {
  const partition = load<u32>(entry, 12);
  let at = from;
  let next = entry;
  let bytes: u64 = 0;
  for (; next < entriesEnd && load<u32>(next, 12) === partition; next += 16) {
    const address: usize = load<u32>(next, 8);
    const key = load<u32>(address);
    const value = load<u32>(address, 4);
    const size: usize = key + value;
    if (at + size + 12 > to) break;
    at = putLength(at, key);
    if (withGroups) at = putLength(at, load<u32>(address - 4));
    at = putLength(at, value);
    copy(at, address + 8, size);
    at += size;
    bytes += size;
  }
  moved = <f64>bytes;
  out = at;
  return next;
}

@inline function isSame(a: usize, b: usize, length: u32): bool {
  let i: u32 = 0;
  for (; i + 8 <= length; i += 8) if (load<u64>(a + i) !== load<u64>(b + i)) return false;
  return i === length || (load<u64>(a + i) ^ load<u64>(b + i)) << (8 * <u64>(8 - length + i)) === 0;
}

/**
 * As `gather`, for records that are read in groups: neighbours with one key become one record, whose value is their values, one behind
 * another. It ends with its block, as any record does, and the next one goes on with the rest.
 */
export function gatherGroups(entry: usize, entriesEnd: usize, from: usize, to: usize): usize {
  const partition = load<u32>(entry, 12);
  let at = from;
  let next = entry;
  let bytes: u64 = 0;
  while (next < entriesEnd && load<u32>(next, 12) === partition) {
    const first: usize = load<u32>(next, 8);
    const key: usize = load<u32>(first);
    let values: usize = load<u32>(first, 4);
    if (at + key + values + 12 > to) break;
    const room = to - at - key - 12;
    let end = next + 16;
    for (; end < entriesEnd && load<u32>(end, 12) === partition; end += 16) {
      const address: usize = load<u32>(end, 8);
      const all = values + load<u32>(address, 4);
      if (all > room || load<u32>(address) !== <u32>key || !isSame(first + 8, address + 8, <u32>key)) break;
      values = all;
    }
    at = putLength(at, <u32>key);
    at = putLength(at, <u32>values);
    copy(at, first + 8, key);
    at += key;
    for (; next < end; next += 16) {
      const address: usize = load<u32>(next, 8);
      const value: usize = load<u32>(address, 4);
      copy(at, address + 8 + key, value);
      at += value;
    }
    bytes += key + values;
  }
  moved = <f64>bytes;
  out = at;
  return next;
}
