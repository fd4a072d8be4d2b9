// The merge of many cursors: each stands on a record of a block in the executor's fixed memory, a tree of losers says whose is next.
// It knows no files: a cursor that has used up its block says so, and waits for the next one.
//
// AssemblyScript, not TypeScript: `load<u32>(address, offset)` reads memory.

// A cursor's state, 64 bytes at `states + i * stride`.
export const prefixAt: usize = 0; // u64: the first 8 bytes of the key, all ones when the cursor has ended
export const nextAt: usize = 8; // u32: where the next record begins; behind `blockEnd` when the value goes on in further blocks
export const blockEnd: usize = 12; // u32
export const recordAt: usize = 16; // u32: the current record, its lengths first
export const keyAt: usize = 20; // u32
export const keyLength: usize = 24; // u32
export const groupLength: usize = 28; // u32
export const valueLength: usize = 32; // u32; the value lies behind the key
export const ended: usize = 36; // u32
const loser: usize = 40; // u32: of the tree's inner node i; of node 0 the winner
export const side: usize = 44; // u32: the edge of a join
const ordered: usize = 48; // u32: its records have the length of their group's key

let states: usize = 0;
let stride: usize = 0;
let cursors: i32 = 0;
/** There is more than one side: of one group they come in turn, before the other parts of the key. */
let byGroup: bool = false;
/** Records from this key on are not wanted; 0 bytes: all are. */
let highAt: usize = 0;
let highLength: usize = 0;
/** The winner's record has been taken: its cursor steps before the next is chosen. */
export let taken: bool = false;
@inline export function stateOf(i: i32): usize {
  return states + <usize>i * stride;
}

export let decoded: u32 = 0;
/** Reads a length into `decoded` and gives its end. */
@inline export function length(address: usize): usize {
  let at = address;
  let byte = <u32>load<u8>(at++);
  let value = byte & 127;
  let shift: u32 = 7;
  while (byte > 127) {
    byte = <u32>load<u8>(at++);
    value |= (byte & 127) << shift;
    shift += 7;
  }
  decoded = value;
  return at;
}

@inline export function putLength(address: usize, value: u32): usize {
  let at = address;
  let rest = value;
  while (rest > 127) {
    store<u8>(at++, (rest & 127) | 128);
    rest >>>= 7;
  }
  store<u8>(at++, rest);
  return at;
}

/** Copies 16 bytes at a time: up to 15 bytes behind the target are written too, and read behind the source. */
@inline export function copy(target: usize, source: usize, bytes: usize): void {
  const end = source + bytes;
  let to = target;
  for (let from = source; from < end; from += 16, to += 16) v128.store(to, v128.load(from));
}

@inline function swapped(address: usize): u64 {
  return bswap<u64>(load<u64>(address));
}

/** The first 8 bytes of a key, of its group's where there are sides, as a number that orders as they do; zeros behind a shorter one. */
@inline function prefixOf(address: usize, bytes: u32): u64 {
  if (bytes >= 8) return swapped(address);
  return bytes === 0 ? 0 : swapped(address) & (<u64>-1 << (64 - 8 * <u64>bytes));
}

/** Below 0, 0 or above, as memcmp, and the shorter first. */
export function compare(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  const both = aLength < bLength ? aLength : bLength;
  let i: u32 = 0;
  for (; i + 8 <= both; i += 8) {
    const one = load<u64>(a + i);
    const other = load<u64>(b + i);
    if (one !== other) return bswap<u64>(one) < bswap<u64>(other) ? -1 : 1;
  }
  for (; i < both; i++) {
    const difference = <i32>load<u8>(a + i) - <i32>load<u8>(b + i);
    if (difference !== 0) return difference;
  }
  return <i32>aLength - <i32>bLength;
}

/** The states of `count` cursors, every `bytes` bytes from `address` on. What kinds they are is said next. */
export function begin(address: usize, bytes: usize, count: i32, withSides: bool, high: usize, highBytes: usize): void {
  states = address;
  stride = bytes;
  cursors = count;
  byGroup = withSides;
  highAt = high;
  highLength = highBytes;
  taken = false;
  for (let i = 0; i < count; i++) {
    const s = stateOf(i);
    store<u32>(s, 0, nextAt);
    store<u32>(s, 0, blockEnd);
    store<u32>(s, 0, ended);
    store<i32>(s, -1, loser);
  }
}

/** Of which side cursor i is, and whether its records have the length of their group's key. */
export function kind(i: i32, ofSide: u32, withGroups: bool): void {
  const s = stateOf(i);
  store<u32>(s, ofSide, side);
  store<u32>(s, withGroups ? 1 : 0, ordered);
}

/** Cursor i has a block, its records at [from, to). */
export function block(i: i32, from: usize, to: usize): void {
  const s = stateOf(i);
  store<u32>(s, <u32>from, nextAt);
  store<u32>(s, <u32>to, blockEnd);
}

/** Cursor i has no more records. */
export function finish(i: i32): void {
  const s = stateOf(i);
  store<u32>(s, 1, ended);
  store<u64>(s, <u64>-1, prefixAt);
}

/** Steps cursor i to its next record; false: it needs its next block, behind what is left of a value in blocks of its own. */
export function step(i: i32): bool {
  const s = stateOf(i);
  if (load<u32>(s, ended) !== 0) return true;
  const from = load<u32>(s, nextAt);
  if (from >= load<u32>(s, blockEnd)) return false;
  store<u32>(s, from, recordAt);
  let at = length(from);
  const bytes = decoded;
  let group = bytes;
  if (load<u32>(s, ordered) !== 0) {
    at = length(at);
    group = decoded;
  }
  at = length(at);
  store<u32>(s, <u32>at, keyAt);
  store<u32>(s, bytes, keyLength);
  store<u32>(s, group, groupLength);
  store<u32>(s, decoded, valueLength);
  store<u32>(s, <u32>at + bytes + decoded, nextAt);
  store<u64>(s, prefixOf(at, byGroup ? group : bytes), prefixAt);
  if (highLength > 0 && compare(at, bytes, highAt, <u32>highLength) >= 0) finish(i);
  return true;
}

/** Whether the record of cursor i, which has stepped, lies below a key. */
export function isBelow(i: i32, key: usize, bytes: u32): bool {
  const s = stateOf(i);
  return load<u32>(s, ended) === 0 && compare(load<u32>(s, keyAt), load<u32>(s, keyLength), key, bytes) < 0;
}

/** Whether cursor a's record comes before b's: by group, side, the other parts of the key, and the cursors' order, which is that of map tasks. */
@inline function before(a: i32, b: i32): bool {
  const one = stateOf(a);
  const two = stateOf(b);
  const onePrefix = load<u64>(one, prefixAt);
  const twoPrefix = load<u64>(two, prefixAt);
  if (onePrefix !== twoPrefix) return onePrefix < twoPrefix;
  return tie(a, b);
}

function tie(a: i32, b: i32): bool {
  const one = stateOf(a);
  const two = stateOf(b);
  if (load<u32>(one, ended) !== 0) return false;
  if (load<u32>(two, ended) !== 0) return true;
  const oneKey: usize = load<u32>(one, keyAt);
  const twoKey: usize = load<u32>(two, keyAt);
  const oneLength = load<u32>(one, keyLength);
  const twoLength = load<u32>(two, keyLength);
  if (!byGroup) {
    const order = compare(oneKey, oneLength, twoKey, twoLength);
    return order !== 0 ? order < 0 : a < b;
  }
  const oneGroup = load<u32>(one, groupLength);
  const twoGroup = load<u32>(two, groupLength);
  const order = compare(oneKey, oneGroup, twoKey, twoGroup);
  if (order !== 0) return order < 0;
  const oneSide = load<u32>(one, side);
  const twoSide = load<u32>(two, side);
  if (oneSide !== twoSide) return oneSide < twoSide;
  const rest = compare(oneKey + oneGroup, oneLength - oneGroup, twoKey + twoGroup, twoLength - twoGroup);
  return rest !== 0 ? rest < 0 : a < b;
}

/** All cursors have stepped to their first record, or ended: the first winner is found. A tree of losers (Knuth, TAOCP 3, 5.4.1). */
export function start(): void {
  for (let i = 0; i < cursors; i++) {
    let player = i;
    let node = (i + cursors) >>> 1;
    for (; node > 0; node >>>= 1) {
      const other = load<i32>(stateOf(node), loser);
      if (other < 0) {
        store<i32>(stateOf(node), player, loser);
        player = -1;
        break;
      }
      if (before(other, player)) {
        store<i32>(stateOf(node), player, loser);
        player = other;
      }
    }
    if (player >= 0) store<i32>(stateOf(0), player, loser);
  }
}

@inline function replay(leaf: i32): void {
  let player = leaf;
  for (let node = (leaf + cursors) >>> 1; node > 0; node >>>= 1) {
    const other = load<i32>(stateOf(node), loser);
    if (before(other, player)) {
      store<i32>(stateOf(node), player, loser);
      player = other;
    }
  }
  store<i32>(stateOf(0), player, loser);
}

/** The cursor whose record is next, or whose block is. */
export function winner(): i32 {
  return load<i32>(stateOf(0), loser);
}

/** The winner's record has been taken by the caller. */
export function take(): void {
  taken = true;
}

/** The winner has stepped, and another may have won. False: it needs its next block. */
export function stepWinner(): bool {
  if (!taken) return true;
  const last = winner();
  if (!step(last)) return false;
  replay(last);
  taken = false;
  return true;
}
