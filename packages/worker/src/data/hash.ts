// The hash of key bytes: it chooses the partition of a record and its place in hash tables.
// It is fixed for ever: two versions of it in one cluster would send equal keys to different reducers, and another hash
// moves every record of every output to another part. A test pins values of it.
//
// Partitions take the high bits (partitionOf), tables must take the low bits: the keys of one partition share high bits.

/**
 * Unsigned 32-bit hash of bytes[from, to). Four bytes a step, taken from single byte loads (a typed array of words would
 * need alignment, which keys do not have): each word is mixed on its own, so that the chain through `hash` has one
 * multiplication a word, and a final avalanche makes every output bit depend on every input bit. Self-contained.
 */
export function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x2545f491 ^ (to - from);
  let at = from;
  for (const whole = to - 3; at < whole; at += 4) {
    let word =
      (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
    word = Math.imul(word, 0x9e3779b1);
    hash = Math.imul(hash ^ word ^ (word >>> 15), 0x5bd1f38d);
    hash ^= hash >>> 16;
  }
  if (at < to) {
    let word = bytes[at] as number;
    if (at + 1 < to) word |= (bytes[at + 1] as number) << 8;
    if (at + 2 < to) word |= (bytes[at + 2] as number) << 16;
    word = Math.imul(word, 0x9e3779b1);
    hash = Math.imul(hash ^ word ^ (word >>> 15), 0x5bd1f38d);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * The partition of a hash, in [0, partitions): the high bits, scaled. The product is below 2⁵³ (partitions are at most
 * limits.partitionsMax), so it is exact, and no partition has more than one hash value more than another.
 */
export function partitionOf(hash: number, partitions: number): number {
  return Math.floor((hash * partitions) / 4_294_967_296);
}
