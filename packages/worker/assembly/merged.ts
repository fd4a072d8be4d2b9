// A merge whose records are written one behind another, for a caller that goes through them. It may fold: records with one whole key
// become one, their numbers folded left to right in the order of the merge, as the final merge of a combiner has it. What is no
// number is left to the caller, in its place: the records of such a key come one by one from there on, as numbers behind it may
// not be folded among themselves.
//
// AssemblyScript, not TypeScript: `load<u32>(address, offset)` reads memory.

import { blockEnd, compare, copy, ended, groupLength, keyAt, keyLength, nextAt, side, stateOf, stepWinner, take, valueLength, winner } from './merge-tree';
import { fold, putNumbers, readNumbers } from './numbers';

export { begin, block, finish, isBelow, kind, start, step, take, winner } from './merge-tree';

// Why `merge` came back: as in records.ts.
const allDone: i32 = 0;
const needsBlock: i32 = 1;
const isFull: i32 = 2;
const isOther: i32 = 3;

// What is written of a record: seven words, then the key, then the value, up to a whole 8 bytes.
const groupAt: usize = 4;
const valueAt: usize = 8;
/** Records that were folded into it, and bytes of their keys and values. */
const recordsAt: usize = 12;
const bytesAt: usize = 16;
const sideAt: usize = 24;
const headBytes: usize = 32;

/** Room for the numbers that are gathered, and for those of one record; behind them how each is folded. */
let gathered: usize = 0;
let given: usize = 0;
let kinds: usize = 0;
/** Numbers of a list; 0: one number that is no list. */
let perKey: i32 = 0;
let width: usize = 0;
/** The key of the last record. */
let lastKey: usize = 0;
let lastLength: i32 = -1;
/** The record that is open, whose numbers are gathered; 0: none is. */
let opened: usize = 0;
/** All values of the last key so far were numbers. */
let plain: bool = false;
let out: usize = 0;

export function outEnd(): usize {
  return out;
}

/** How numbers are folded, `count` 0: not at all. `scratch` has the kinds behind room for twice as many numbers. 64 KB and more for a key at `key`. */
export function numbers(scratch: usize, count: i32, perList: i32, key: usize): void {
  width = count;
  perKey = perList;
  gathered = scratch;
  given = scratch + (<usize>count << 3);
  kinds = given + (<usize>count << 3);
  lastKey = key;
  lastLength = -1;
  opened = 0;
  plain = false;
}

/**
 * Writes records from `from` on, in order, as long as they end before `to`; where it needed a block it goes on at `outEnd`. A
 * record that is larger than its block is left to the caller.
 */
export function merge(from: usize, to: usize): i32 {
  let at = from;
  let reason = allDone;
  const most: usize = 9 * width + 2;
  for (;;) {
    if (!stepWinner()) {
      reason = needsBlock;
      break;
    }
    const s = stateOf(winner());
    if (load<u32>(s, ended) !== 0) {
      at = closed(at);
      break;
    }
    const key: usize = load<u32>(s, keyAt);
    const keyBytes = load<u32>(s, keyLength);
    const valueBytes = load<u32>(s, valueLength);
    const value = key + keyBytes;
    const isSame = width > 0 && <i32>keyBytes === lastLength && compare(key, keyBytes, lastKey, keyBytes) === 0;
    const isWhole = load<u32>(s, nextAt) <= load<u32>(s, blockEnd);
    if (opened !== 0 && isSame && isWhole && readNumbers(value, value + valueBytes, perKey, given)) {
      fold(gathered, given, kinds, width);
      store<u32>(opened, load<u32>(opened, recordsAt) + 1, recordsAt);
      store<f64>(opened, load<f64>(opened, bytesAt) + <f64>(keyBytes + valueBytes), bytesAt);
      take();
      continue;
    }
    if (opened !== 0) {
      at = closed(at);
      if (isSame) plain = false;
    }
    if (isWhole && at + headBytes + keyBytes + max<usize>(valueBytes, most) + 32 > to) {
      reason = isFull;
      break;
    }
    if (width > 0 && !isSame) {
      keep(key, keyBytes);
      plain = isWhole && readNumbers(value, value + valueBytes, perKey, gathered);
    }
    if (!isWhole) {
      plain = false;
      reason = isOther;
      break;
    }
    store<u32>(at, keyBytes);
    store<u32>(at, load<u32>(s, groupLength), groupAt);
    store<u32>(at, valueBytes, valueAt);
    store<u32>(at, 1, recordsAt);
    store<f64>(at, <f64>(keyBytes + valueBytes), bytesAt);
    store<u32>(at, load<u32>(s, side), sideAt);
    if (plain) {
      copy(at + headBytes, key, keyBytes);
      opened = at;
    } else {
      copy(at + headBytes, key, keyBytes + valueBytes);
      at = (at + headBytes + keyBytes + valueBytes + 7) & ~7;
    }
    take();
  }
  out = at;
  return reason;
}

/** Writes the numbers of the open record, if there is one, and gives the end. */
function closed(at: usize): usize {
  if (opened === 0) return at;
  const value = opened + headBytes + load<u32>(opened);
  const end = putNumbers(value, gathered, perKey);
  store<u32>(opened, <u32>(end - value), valueAt);
  opened = 0;
  return (end + 7) & ~7;
}

function keep(key: usize, bytes: u32): void {
  // Nothing is written behind the longest key.
  if (bytes > 256) memory.copy(lastKey, key, bytes);
  else copy(lastKey, key, bytes);
  lastLength = <i32>bytes;
}
