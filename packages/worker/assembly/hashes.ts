// The hash of a key in combining tables: 16 bytes at a time, a word of them each by a factor of its own, so that keys of up to
// 16 bytes, whatever their lengths, take the same instructions. What lies behind a key counts as zeros. As hashOf of
// src/kernels/combine-kernel.ts. It chooses places in tables alone and may change; partitions have another (src/data/hash.ts).

const factors: v128 = i32x4(0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f);
const places: v128 = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);

/** With zeros in place of the bytes behind the first so many. */
@inline export function firstOf(block: v128, bytes: u32): v128 {
  return v128.and(block, v128.lt<u8>(places, i8x16.splat(<i8>min<u32>(bytes, 16))));
}

/** The hash of a key with 16 bytes more, or less where the key has ended. */
@inline export function hashed(hash: u32, block: v128): u32 {
  const mixed = v128.mul<i32>(v128.xor(block, v128.shr<u32>(block, 15)), factors);
  const sums = v128.add<i32>(mixed, v128.shuffle<u32>(mixed, mixed, 2, 3, 0, 1));
  return (hash ^ (hash >> 15)) * 0x165667b1 + <u32>(v128.extract_lane<i32>(sums, 0) + v128.extract_lane<i32>(sums, 1));
}

@inline export function finished(hash: u32): u32 {
  const mixed = (hash ^ (hash >> 13)) * 0x2c1b3c6d;
  return mixed ^ (mixed >> 16);
}

/** The hash of a key that lies in memory. */
@inline export function hashOf(key: usize, length: u32): u32 {
  let hash = length;
  for (let at: u32 = 0; at < length; at += 16) hash = hashed(hash, firstOf(v128.load(key + at), length - at));
  return finished(hash);
}
