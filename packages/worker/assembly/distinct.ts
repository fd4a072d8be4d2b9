// Finds the distinct keys of an arena before its index is sorted: where keys come again and again, as words do, sorting those alone and
// counting the others into their places costs a fraction. It works in the executor's fixed memory, on the index of sort.ts and the
// room behind it that a sort has anyway.
//
// AssemblyScript, not TypeScript: `load<u32>(address, offset)` reads memory.

// An entry, 16 bytes: here the number of its key u32, a word; then u32 address of the record, u32 partition.
const addressAt: usize = 8;
const partitionAt: usize = 12;
// What is known of a key, 8 bytes: how many records have it, later where they begin; and the value's length of its first record, as the
// number of the key stands in its place while keys are sorted.
const infoShift: usize = 3;
/** Of the first records this many keys foretell that there will be too many. */
const sampled: u32 = 8_192;
const sampledMost: u32 = 7_940;

const keyLengthMask: u32 = 0x3_ffff;

let entries: usize = 0;
let records: u32 = 0;
/** Slots of hash and address of a key's first record; in their place, later, addresses in order. */
let table: usize = 0;
let infos: usize = 0;
let firsts: usize = 0;
let keys: u32 = 0;

/** Where the entries of the distinct keys are, of each its first record; behind them is as much room again. */
export function keysAt(): usize {
  return firsts;
}

/**
 * Numbers the keys of `count` entries in the order they come; `spare` is room for as many entries. Gives how many keys there are, or 0
 * when they are too many. Then the first words of all records are as before but for those of `keysAt`, until `expand`.
 */
export function number(firstEntry: usize, count: u32, spare: usize): u32 {
  entries = firstEntry;
  records = count;
  table = spare;
  // A quarter of the records: of the 16 bytes there are for each, slots take at most 6, of which the addresses want 4, and keys 10.
  const most = count / 4 - 4;
  let slots: u32 = 16;
  while (slots < (count / 8) * 3) slots <<= 1;
  infos = table + (<usize>max<u32>(slots << 3, count << 2));
  firsts = (infos + (<usize>most << infoShift) + 15) & ~15;
  keys = 0;
  memory.fill(table, 0, <usize>slots << 3);
  const mask = slots - 1;
  const end = entries + (<usize>count << 4);
  const sampledEnd = entries + (<usize>sampled << 4);
  for (let entry = entries; entry < end; entry += 16) {
    const record: usize = load<u32>(entry, addressAt);
    const length = load<u32>(record) & keyLengthMask;
    const hash = hashOf(record + 8, length);
    let slot = hash & mask;
    for (;;) {
      const place = table + (<usize>slot << 3);
      const found: usize = load<u32>(place, 4);
      if (found === 0) {
        if (keys === most || (keys === sampledMost && entry < sampledEnd)) return undone();
        store<u32>(place, hash);
        store<u32>(place, <u32>record, 4);
        begin(keys, record);
        store<u32>(entry, keys++);
        break;
      }
      if (load<u32>(place) === hash && isSame(found, record, length)) {
        const key = load<u32>(found, 4);
        const info = infos + (<usize>key << infoShift);
        store<u32>(info, load<u32>(info) + 1);
        store<u32>(entry, key);
        break;
      }
      slot = (slot + 1) & mask;
    }
  }
  return keys;
}

@inline function begin(key: u32, record: usize): void {
  const info = infos + (<usize>key << infoShift);
  const first = firsts + (<usize>key << 4);
  store<u32>(info, 1);
  store<u32>(info, load<u32>(record, 4), 4);
  store<u32>(record, key, 4);
  store<u32>(first, <u32>record, addressAt);
  store<u32>(first, 0, partitionAt);
}

/** Gives first records their value lengths back. */
function undone(): u32 {
  for (let key: u32 = 0; key < keys; key++) {
    const record: usize = load<u32>(firsts + (<usize>key << 4), addressAt);
    store<u32>(record, load<u32>(infos + (<usize>key << infoShift), 4), 4);
  }
  return 0;
}

/** The entries of the keys are sorted: all entries are put in the order of their keys, of equal keys in that of arrival, with their key's partition. */
export function expand(): void {
  const endOfKeys = firsts + (<usize>keys << 4);
  let begun: u32 = <u32>table;
  for (let first = firsts; first < endOfKeys; first += 16) {
    const record: usize = load<u32>(first, addressAt);
    const info = infos + (<usize>load<u32>(record, 4) << infoShift);
    const count = load<u32>(info);
    store<u32>(info, begun);
    store<u32>(record, load<u32>(info, 4), 4);
    // The sort is through with the prefix: how many records follow.
    store<u32>(first, count);
    begun += count << 2;
  }
  const end = entries + (<usize>records << 4);
  for (let entry = entries; entry < end; entry += 16) {
    const info = infos + (<usize>load<u32>(entry) << infoShift);
    const place: usize = load<u32>(info);
    store<u32>(place, load<u32>(entry, addressAt));
    store<u32>(info, <u32>place + 4);
  }
  let entry = entries;
  let place = table;
  for (let first = firsts; first < endOfKeys; first += 16) {
    const partition = load<u32>(first, partitionAt);
    const to = place + (<usize>load<u32>(first) << 2);
    for (; place < to; place += 4, entry += 16) {
      store<u32>(entry, load<u32>(place), addressAt);
      store<u32>(entry, partition, partitionAt);
    }
  }
}

function hashOf(from: usize, length: u32): u32 {
  let hash: u64 = 0x9e37_79b9_7f4a_7c15 ^ <u64>length;
  let at = from;
  let left = length;
  for (; left >= 8; left -= 8, at += 8) hash = mixed(hash, load<u64>(at));
  if (left > 0) hash = mixed(hash, load<u64>(at) & ((<u64>1 << (8 * <u64>left)) - 1));
  return <u32>(hash >> 32);
}

@inline function mixed(hash: u64, word: u64): u64 {
  const product = (hash ^ word) * 0xff51_afd7_ed55_8ccd;
  return product ^ (product >> 29);
}

/** Whether the keys of two records are equal: lengths are looked at first. */
@inline function isSame(first: usize, record: usize, length: u32): bool {
  if ((load<u32>(first) & keyLengthMask) !== length) return false;
  let i: u32 = 0;
  for (; i + 8 <= length; i += 8) if (load<u64>(first + i, 8) !== load<u64>(record + i, 8)) return false;
  return i === length || (load<u64>(first + i, 8) ^ load<u64>(record + i, 8)) << (8 * <u64>(8 - length + i)) === 0;
}
