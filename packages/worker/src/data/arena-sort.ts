// Sorts the index of an arena: 16-byte entries of which the first two words are the key's 8-byte prefix (big endian, high word
// first), the third is the record's address and the fourth its partition. The order is partition, then key bytes, then address,
// which is the order of arrival; a key is read at `address + 8`, its length is the low 18 bits of the word at `address`.
//
// Least significant digit radix sort on the prefix (Knuth, TAOCP 3, 5.2.5), digits that all entries share are skipped;
// stretches of equal prefixes are sorted again by the next 8 bytes. No key is a proper prefix of another (the key encoding
// is prefix-free), so padding a short key with zeros never makes two different keys equal.

export const entryWords = 4;
export const keyLengthMask = 0x3ffff;

export interface ArenaIndex {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** Word index of the first entry. */
  readonly entries: number;
  /** Word index of as much room again, for the passes to write into. */
  readonly spare: number;
  readonly count: number;
  readonly partitions: number;
}

/** Below this many entries an insertion sort beats counting digits. */
const insertionMax = 24;
const histograms: Uint32Array = new Uint32Array(8 * 256);
const partitionCounts: Uint32Array = new Uint32Array(65_536);

/** Sorts the entries in place. `skip`: bytes that all keys share and the prefix leaves out. */
export function sortArena(index: ArenaIndex, skip: number): void {
  sortRange(index, { from: 0, to: index.count, depth: skip });
  if (index.partitions > 1) sortByPartition(index);
}

/** Fills in the 8-byte prefix of each entry, from `depth` bytes into its key. */
export function fillPrefixes(index: ArenaIndex, from: number, to: number, depth: number): void {
  const { words, bytes, entries } = index;
  for (let i = from; i < to; i++) {
    const entry = entries + i * 4;
    const address = words[entry + 2] as number;
    const length = ((words[address >>> 2] as number) & keyLengthMask) - depth;
    const at = address + 8 + depth;
    if (length >= 8) {
      words[entry] =
        ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
      words[entry + 1] =
        ((bytes[at + 4] as number) << 24) |
        ((bytes[at + 5] as number) << 16) |
        ((bytes[at + 6] as number) << 8) |
        (bytes[at + 7] as number);
    } else {
      let high = 0;
      let low = 0;
      for (let j = 0; j < 4; j++) high = (high << 8) | (j < length ? (bytes[at + j] as number) : 0);
      for (let j = 4; j < 8; j++) low = (low << 8) | (j < length ? (bytes[at + j] as number) : 0);
      words[entry] = high;
      words[entry + 1] = low;
    }
  }
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly depth: number;
}

function sortRange(index: ArenaIndex, whole: Stretch): void {
  const stack: Stretch[] = [whole];
  for (;;) {
    const stretch = stack.pop();
    if (stretch === undefined) return;
    const { from, to, depth } = stretch;
    if (to - from < 2) continue;
    if (to - from <= insertionMax) {
      insertionSort(index, from, to, depth);
      continue;
    }
    fillPrefixes(index, from, to, depth);
    radixPasses(index, from, to);
    pushEqualStretches(index, stretch, stack);
  }
}

/** After a radix sort of a stretch: every run of equal prefixes whose keys go on must be sorted by what follows. */
function pushEqualStretches(index: ArenaIndex, stretch: Stretch, stack: Stretch[]): void {
  const { words, entries } = index;
  const depth = stretch.depth + 8;
  let start = stretch.from;
  for (let i = stretch.from + 1; i <= stretch.to; i++) {
    const a = entries + start * 4;
    const b = entries + i * 4;
    if (i < stretch.to && words[a] === words[b] && words[a + 1] === words[b + 1]) continue;
    if (i - start > 1 && !allEqual(index, start, i, depth)) stack.push({ from: start, to: i, depth });
    start = i;
  }
}

/** Whether all keys of [from, to) are one key: then arrival order, which the stable passes kept, is their order. */
function allEqual(index: ArenaIndex, from: number, to: number, depth: number): boolean {
  const { words, entries } = index;
  const first = words[entries + from * 4 + 2] as number;
  if (((words[first >>> 2] as number) & keyLengthMask) <= depth) return true;
  for (let i = from + 1; i < to; i++) {
    if (compareKeys(index, first, words[entries + i * 4 + 2] as number, depth) !== 0) return false;
  }
  return true;
}

function compareKeys(index: ArenaIndex, a: number, b: number, depth: number): number {
  const { bytes, words } = index;
  const aLength = (words[a >>> 2] as number) & keyLengthMask;
  const bLength = (words[b >>> 2] as number) & keyLengthMask;
  const length = aLength < bLength ? aLength : bLength;
  for (let i = depth; i < length; i++) {
    const difference = (bytes[a + 8 + i] as number) - (bytes[b + 8 + i] as number);
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
}

function insertionSort(index: ArenaIndex, from: number, to: number, depth: number): void {
  const { words, entries } = index;
  for (let i = from + 1; i < to; i++) {
    const at = entries + i * 4;
    const address = words[at + 2] as number;
    const partition = words[at + 3] as number;
    let j = i - 1;
    while (j >= from && compareKeys(index, words[entries + j * 4 + 2] as number, address, depth) > 0) {
      const target = entries + j * 4;
      words[target + 6] = words[target + 2] as number;
      words[target + 7] = words[target + 3] as number;
      j--;
    }
    words[entries + j * 4 + 6] = address;
    words[entries + j * 4 + 7] = partition;
  }
}

function radixPasses(index: ArenaIndex, from: number, to: number): void {
  const { words, entries, spare } = index;
  const counts = histograms;
  counts.fill(0);
  for (let i = entries + from * 4, end = entries + to * 4; i < end; i += 4) {
    const high = words[i] as number;
    const low = words[i + 1] as number;
    counts[low & 255] = (counts[low & 255] as number) + 1;
    const d1 = 256 + ((low >>> 8) & 255);
    counts[d1] = (counts[d1] as number) + 1;
    const d2 = 512 + ((low >>> 16) & 255);
    counts[d2] = (counts[d2] as number) + 1;
    const d3 = 768 + (low >>> 24);
    counts[d3] = (counts[d3] as number) + 1;
    const d4 = 1024 + (high & 255);
    counts[d4] = (counts[d4] as number) + 1;
    const d5 = 1280 + ((high >>> 8) & 255);
    counts[d5] = (counts[d5] as number) + 1;
    const d6 = 1536 + ((high >>> 16) & 255);
    counts[d6] = (counts[d6] as number) + 1;
    const d7 = 1792 + (high >>> 24);
    counts[d7] = (counts[d7] as number) + 1;
  }
  let source = entries + from * 4;
  let target = spare + from * 4;
  const count = to - from;
  for (let digit = 0; digit < 8; digit++) {
    const base = digit * 256;
    const word = digit < 4 ? 1 : 0;
    const shift = (digit & 3) * 8;
    const first = ((words[source + word] as number) >>> shift) & 255;
    if (counts[base + first] === count) continue;
    scatter(words, { source, target, count, word, shift }, counts, base);
    const swap = source;
    source = target;
    target = swap;
  }
  if (source !== entries + from * 4) words.copyWithin(entries + from * 4, source, source + count * 4);
}

interface Pass {
  readonly source: number;
  readonly target: number;
  readonly count: number;
  readonly word: number;
  readonly shift: number;
}

function scatter(words: Uint32Array, pass: Pass, counts: Uint32Array, base: number): void {
  const { source, target, count, word, shift } = pass;
  let sum = 0;
  for (let i = base; i < base + 256; i++) {
    const here = counts[i] as number;
    counts[i] = target + sum * 4;
    sum += here;
  }
  for (let i = source, end = source + count * 4; i < end; i += 4) {
    const slot = base + (((words[i + word] as number) >>> shift) & 255);
    const to = counts[slot] as number;
    counts[slot] = to + 4;
    words[to] = words[i] as number;
    words[to + 1] = words[i + 1] as number;
    words[to + 2] = words[i + 2] as number;
    words[to + 3] = words[i + 3] as number;
  }
}

/** A stable counting sort by partition over the entries that are in key order already. */
function sortByPartition(index: ArenaIndex): void {
  const { words, entries, spare, count, partitions } = index;
  const counts = partitionCounts;
  counts.fill(0, 0, partitions);
  for (let i = entries + 3, end = entries + count * 4; i < end; i += 4) {
    const partition = words[i] as number;
    counts[partition] = (counts[partition] as number) + 1;
  }
  let sum = 0;
  for (let p = 0; p < partitions; p++) {
    const here = counts[p] as number;
    counts[p] = spare + sum * 4;
    sum += here;
  }
  for (let i = entries, end = entries + count * 4; i < end; i += 4) {
    const partition = words[i + 3] as number;
    const to = counts[partition] as number;
    counts[partition] = to + 4;
    words[to] = words[i] as number;
    words[to + 1] = words[i + 1] as number;
    words[to + 2] = words[i + 2] as number;
    words[to + 3] = partition;
  }
  words.copyWithin(entries, spare, spare + count * 4);
}
