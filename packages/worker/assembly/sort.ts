// The loops that index an arena and sort an index by its keys (kernels/arena-sort.ts says what an index is). They work in the executor's
// fixed memory. Least significant digit radix over the digits that tell most entries apart, and what those leave equal by
// insertion or by the digits behind them; both are stable. Stretches of equal prefixes that are long are handed out, as how
// deep they go nobody knows.
//
// AssemblyScript, not TypeScript: `load<u32>(address, offset)` reads memory.

// An entry, 16 bytes: prefix u64, most significant byte first; u32 address of the record; u32 partition.
const addressAt: usize = 8;
const partitionAt: usize = 12;
const entryShift: usize = 4;

const keyLengthMask: u32 = 0x3_ffff;
/** Up to so many entries an insertion sort beats counting digits. */
const insertionMax: u32 = 24;

/** Room for eight tables of 256 counts. */
let counts: usize = 0;
let entries: usize = 0;
let spare: usize = 0;
let stretchFrom: u32 = 0;
let stretchTo: u32 = 0;

@inline function lengthOf(record: usize): u32 {
  return load<u32>(record) & keyLengthMask;
}

@inline function entryAt(i: u32): usize {
  return entries + (<usize>i << entryShift);
}

/** Walks an arena, whose records lie one behind another in [from, to); gives how many bytes all keys share, all in partition 0. */
export function index(from: usize, to: usize, before: usize, firstEntry: usize): u32 {
  let entry = firstEntry;
  let first: usize = 0;
  let shared: u32 = 0;
  for (let at = from; at < to; entry += 16) {
    const record = at + before;
    const keyLength = load<u32>(record);
    store<u32>(entry, <u32>record, addressAt);
    store<u32>(entry, 0, partitionAt);
    if (first === 0) {
      first = record;
      shared = keyLength;
    } else if (shared > 0) {
      shared = sharedBytes(first + 8, record + 8, shared < keyLength ? shared : keyLength);
    }
    at = (record + 8 + keyLength + load<u32>(record, 4) + 3) & ~3;
  }
  entries = firstEntry;
  stretchTo = <u32>((entry - firstEntry) >>> entryShift);
  return shared;
}

/** How many records `index` found. */
export function indexed(): u32 {
  return stretchTo;
}

@inline function sharedBytes(a: usize, b: usize, most: u32): u32 {
  let i: u32 = 0;
  while (i < most && load<u8>(a + i) === load<u8>(b + i)) i++;
  return i;
}

/** The index that is sorted, room for as many entries again, and room for counts. */
export function begin(firstEntry: usize, spareEntry: usize, countsAt: usize): void {
  entries = firstEntry;
  spare = spareEntry;
  counts = countsAt;
}

/** Below 0, 0 or above: two keys from `depth` bytes on. */
function compare(a: usize, b: usize, depth: u32): i32 {
  const aLength = lengthOf(a);
  const bLength = lengthOf(b);
  const both = aLength < bLength ? aLength : bLength;
  let i = depth;
  for (; i + 8 <= both; i += 8) {
    const one = load<u64>(a + i, 8);
    const other = load<u64>(b + i, 8);
    if (one !== other) return bswap<u64>(one) < bswap<u64>(other) ? -1 : 1;
  }
  for (; i < both; i++) {
    const difference = <i32>load<u8>(a + i, 8) - <i32>load<u8>(b + i, 8);
    if (difference !== 0) return difference;
  }
  return <i32>aLength - <i32>bLength;
}

/** Sorts entries by their keys from `depth` bytes on. */
function insertKeys(from: u32, to: u32, depth: u32): void {
  for (let i = from + 1; i < to; i++) {
    const entry = v128.load(entryAt(i));
    const record: usize = load<u32>(entryAt(i), addressAt);
    let place = entryAt(i);
    for (; place > entryAt(from); place -= 16) {
      if (compare(load<u32>(place - 16, addressAt), record, depth) <= 0) break;
      v128.store(place, v128.load(place - 16));
    }
    v128.store(place, entry);
  }
}

/** Sorts entries by their prefixes. */
function insertPrefixes(from: usize, to: usize): void {
  for (let at = from + 16; at < to; at += 16) {
    const prefix = load<u64>(at);
    if (load<u64>(at - 16) <= prefix) continue;
    const entry = v128.load(at);
    let place = at;
    do {
      v128.store(place, v128.load(place - 16));
      place -= 16;
    } while (place > from && load<u64>(place - 16) > prefix);
    v128.store(place, entry);
  }
}

/** Sorts [from, to) by the 8 bytes of their keys from `depth` on; true: few entries, which are sorted by all that follows. */
export function sort(from: u32, to: u32, depth: u32): bool {
  if (to - from <= insertionMax) {
    insertKeys(from, to, depth);
    return true;
  }
  for (let at = entryAt(from); at < entryAt(to); at += 16) {
    const record: usize = load<u32>(at, addressAt);
    const keyLength = lengthOf(record);
    const bytes = keyLength > depth ? keyLength - depth : 0;
    let prefix = bswap<u64>(load<u64>(record + depth, 8));
    if (bytes < 8) prefix = bytes === 0 ? 0 : prefix & (<u64>-1 << (64 - 8 * <u64>bytes));
    store<u64>(at, prefix);
  }
  sortDigits(entryAt(from), entryAt(to), 8);
  return false;
}

@inline function countAt(digit: i32, value: u64): usize {
  return counts + (<usize>digit << 10) + (<usize>(value & 255) << 2);
}

/** Sorts the entries [from, to), which are equal but for the lowest `digits` bytes of their prefixes. */
function sortDigits(from: usize, to: usize, digits: i32): void {
  const count = <u32>((to - from) >>> entryShift);
  memory.fill(counts, 0, <usize>digits << 10);
  for (let at = from; at < to; at += 16) {
    let prefix = load<u64>(at);
    for (let digit = 0; digit < digits; digit++) {
      const place = countAt(digit, prefix);
      store<u32>(place, load<u32>(place) + 1);
      prefix >>>= 8;
    }
  }
  // As many of the highest digits that differ as may tell four entries apart from others, were they spread evenly.
  const first = load<u64>(from);
  let lowest = digits;
  let kinds: u64 = 1;
  while (lowest > 0 && kinds * 4 < <u64>count) {
    lowest--;
    kinds *= <u64>kindsOf(lowest);
  }
  let source = from;
  let target = spare + (from - entries);
  for (let digit = lowest; digit < digits; digit++) {
    const shift = <u64>digit << 3;
    if (load<u32>(countAt(digit, first >>> shift)) === count) continue;
    scatter(source, target, count, digit);
    const swap = source;
    source = target;
    target = swap;
  }
  if (source !== from) memory.copy(from, source, to - from);
  if (lowest > 0) sortRest(from, to, lowest);
}

function kindsOf(digit: i32): u32 {
  let kinds: u32 = 0;
  const table = counts + (<usize>digit << 10);
  for (let at = table; at < table + 1024; at += 4) if (load<u32>(at) !== 0) kinds++;
  return kinds;
}

function scatter(source: usize, target: usize, count: u32, digit: i32): void {
  const table = counts + (<usize>digit << 10);
  const shift = <u64>digit << 3;
  let to = <u32>target;
  for (let at = table; at < table + 1024; at += 4) {
    const here = load<u32>(at);
    store<u32>(at, to);
    to += here << <u32>entryShift;
  }
  const end = source + (<usize>count << entryShift);
  for (let at = source; at < end; at += 16) {
    const slot = table + (<usize>((load<u64>(at) >>> shift) & 255) << 2);
    const place: usize = load<u32>(slot);
    store<u32>(slot, <u32>place + 16);
    v128.store(place, v128.load(at));
  }
}

/** What is equal in all but the lowest `digits` bytes, stretch by stretch. */
function sortRest(from: usize, to: usize, digits: i32): void {
  const shift = <u64>digits << 3;
  for (let start = from; start < to; ) {
    const high = load<u64>(start) >>> shift;
    let end = start + 16;
    while (end < to && load<u64>(end) >>> shift === high) end += 16;
    if (end - start > <usize>(insertionMax << 4)) sortDigits(start, end, digits);
    else if (end - start > 16) insertPrefixes(start, end);
    start = end;
  }
}

/**
 * Behind a `sort`: finds the next stretch of equal prefixes from entry `from` on whose keys go on differently, and which is too long to be
 * sorted on the way; gives its first entry, and `to` when there is none.
 */
export function nextStretch(from: u32, to: u32, depth: u32): u32 {
  for (let start = from; start < to; ) {
    const prefix = load<u64>(entryAt(start));
    let end = start + 1;
    while (end < to && load<u64>(entryAt(end)) === prefix) end++;
    if (end - start > 1) {
      if (end - start <= insertionMax) {
        insertKeys(start, end, depth);
      } else if (!allEqual(start, end, depth)) {
        stretchTo = end;
        return start;
      }
    }
    start = end;
  }
  stretchTo = to;
  return to;
}

/** The end of the stretch that was found last. */
export function stretchEnd(): u32 {
  return stretchTo;
}

/** Whether all keys are one key: then arrival order, which all sorts keep, is their order. */
function allEqual(from: u32, to: u32, depth: u32): bool {
  const first: usize = load<u32>(entryAt(from), addressAt);
  if (lengthOf(first) <= depth) return true;
  for (let i = from + 1; i < to; i++) if (compare(first, load<u32>(entryAt(i), addressAt), depth) !== 0) return false;
  return true;
}

/**
 * Gives entries their partitions, by the hash of the group's key: hashBytes and partitionOf of src/data/hash.ts. The group's length is
 * the low 18 bits of the word so many bytes behind a record's address.
 */
export function partition(firstEntry: usize, count: u32, groupAt: isize, partitions: u32): void {
  const end = firstEntry + (<usize>count << entryShift);
  for (let at = firstEntry; at < end; at += 16) {
    const record: usize = load<u32>(at, addressAt);
    const hash = hashOf(record + 8, load<u32>(record + groupAt) & keyLengthMask);
    store<u32>(at, <u32>((<u64>hash * <u64>partitions) >> 32), partitionAt);
  }
}

function hashOf(from: usize, length: u32): u32 {
  let hash: u32 = 0x2545f491 ^ length;
  let at = from;
  const to = from + length;
  for (; at + 4 <= to; at += 4) {
    hash = mixed(hash, load<u32>(at));
    hash ^= hash >> 16;
  }
  if (at < to) {
    let word = <u32>load<u8>(at);
    if (at + 1 < to) word |= <u32>load<u8>(at, 1) << 8;
    if (at + 2 < to) word |= <u32>load<u8>(at, 2) << 16;
    hash = mixed(hash, word);
  }
  hash = (hash ^ (hash >> 16)) * 0x7feb352d;
  hash = (hash ^ (hash >> 15)) * 0x2c1b3c6d;
  return hash ^ (hash >> 16);
}

@inline function mixed(hash: u32, word: u32): u32 {
  const scaled = word * 0x9e3779b1;
  return (hash ^ scaled ^ (scaled >> 15)) * 0x5bd1f38d;
}

/** Puts entries that are in the order of their keys in that of their partitions, and keeps it within each. */
export function sortPartitions(count: u32, partitions: u32): void {
  let source = entries;
  let target = spare;
  for (let shift: u32 = 0; shift < 32 && (partitions - 1) >> shift > 0; shift += 8) {
    scatterPartitions(source, target, count, shift);
    const swap = source;
    source = target;
    target = swap;
  }
  if (source !== entries) memory.copy(entries, source, <usize>count << entryShift);
}

function scatterPartitions(source: usize, target: usize, count: u32, shift: u32): void {
  const end = source + (<usize>count << entryShift);
  memory.fill(counts, 0, 1024);
  for (let at = source; at < end; at += 16) {
    const slot = counts + (<usize>((load<u32>(at, partitionAt) >> shift) & 255) << 2);
    store<u32>(slot, load<u32>(slot) + 16);
  }
  let to = <u32>target;
  for (let at = counts; at < counts + 1024; at += 4) {
    const here = load<u32>(at);
    store<u32>(at, to);
    to += here;
  }
  for (let at = source; at < end; at += 16) {
    const slot = counts + (<usize>((load<u32>(at, partitionAt) >> shift) & 255) << 2);
    const place: usize = load<u32>(slot);
    store<u32>(slot, <u32>place + 16);
    v128.store(place, v128.load(at));
  }
}
