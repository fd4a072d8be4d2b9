// The loop that puts lines of text into an arena (kernels/arena-kernel.ts) from where they lie in a window, where the key of a
// line is a cut of it or the whole of it: the end of a line is found 16 bytes an instruction, and no line becomes a string. It works
// in the executor's fixed memory and stops where something is to be decided: when the arena is full, and at a line of which only
// the function itself can tell what its key is, or that may be refused.
//
// AssemblyScript, not TypeScript: `load<u32>(address, offset)` reads memory.

// Why `take` came back.
const ended: i32 = 0;
const isFull: i32 = 1;
const isOther: i32 = 2;

const keyBytesMax: usize = 65_536;
const lineFeed: i32 = 10;
const carriageReturn: u32 = 13;

/** Characters of a line that are its key, [cutFrom, cutTo); `cutTo` -1: up to its end. */
let cutFrom: usize = 0;
let cutTo: usize = 0;
/** The line is the record's value; otherwise it has none. */
let withValue: bool = false;
let bytesMax: f64 = 0;
let recordBytesMax: usize = 0;

/** The arena: end of its records, what they count as, how many they are. */
let top: usize = 0;
let accounted: f64 = 0;
let count: i32 = 0;
/** Where the line begins that `take` came back at. */
let at: usize = 0;
let lines: i32 = 0;

export function position(): usize {
  return at;
}
export function arenaTop(): usize {
  return top;
}
export function accountedBytes(): f64 {
  return accounted;
}
export function records(): i32 {
  return count;
}
/** How many lines the last `take` took. */
export function taken(): i32 {
  return lines;
}

/** What is made of a line, and what an arena and a record may have: said before `take`, as all edges share this code. */
export function shape(from: usize, to: usize, isValue: bool, arenaBytesMax: f64, oneBytesMax: usize): void {
  cutFrom = from;
  cutTo = to;
  withValue = isValue;
  bytesMax = arenaBytesMax;
  recordBytesMax = oneBytesMax;
}

/** How the arena stands. */
export function arena(end: usize, bytes: f64, held: i32): void {
  top = end;
  accounted = bytes;
  count = held;
}

@inline function firstBits(bytes: usize): i32 {
  return bytes >= 16 ? 0xffff : (1 << <i32>bytes) - 1;
}

/** Copies 16 bytes at a time: up to 15 bytes behind the target are written too, and read behind the source. */
@inline function copy(target: usize, source: usize, bytes: usize): void {
  const end = source + bytes;
  let to = target;
  for (let from = source; from < end; from += 16, to += 16) v128.store(to, v128.load(from));
}

@inline function isAscii(address: usize, bytes: usize): bool {
  for (let i: usize = 0; i < bytes; i += 16) {
    if ((i8x16.bitmask(v128.load(address + i)) & firstBits(bytes - i)) !== 0) return false;
  }
  return true;
}

/** How many of the bytes are 00 or 01, which a key has as two. */
@inline function escapesIn(address: usize, bytes: usize): usize {
  const two = i8x16.splat(2);
  let found: i32 = 0;
  for (let i: usize = 0; i < bytes; i += 16) {
    found += popcnt<i32>(i8x16.bitmask(i8x16.lt_u(v128.load(address + i), two)) & firstBits(bytes - i));
  }
  return <usize>found;
}

function putEscaped(target: usize, source: usize, bytes: usize): void {
  let to = target;
  for (let from = source; from < source + bytes; from++) {
    const byte = load<u8>(from);
    if (byte < 2) {
      store<u8>(to++, 1);
      store<u8>(to++, byte + 1);
    } else {
      store<u8>(to++, byte);
    }
  }
}

@inline function lengthBytes(value: usize): usize {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5;
}

/** Writes a text as a value: a short one has its length in its tag. */
@inline function putText(target: usize, source: usize, bytes: usize): void {
  let to = target;
  if (bytes <= 63) {
    store<u8>(to++, 0x40 | <u32>bytes);
  } else {
    store<u8>(to++, 0x0a);
    let rest = bytes;
    for (; rest > 127; rest >>>= 7) store<u8>(to++, (<u32>rest & 127) | 128);
    store<u8>(to++, <u32>rest);
  }
  copy(to, source, bytes);
}

/** Takes the lines of [from, to), of valid UTF-8, whose last byte is a line feed. */
export function take(from: usize, to: usize): i32 {
  const feed = i8x16.splat(<i8>lineFeed);
  const open: usize = -1;
  lines = 0;
  at = from;
  while (at < to) {
    let end = at;
    let found = i8x16.bitmask(i8x16.eq(v128.load(end), feed));
    while (found === 0) {
      end += 16;
      found = i8x16.bitmask(i8x16.eq(v128.load(end), feed));
    }
    end += <usize>ctz<i32>(found);
    const next = end + 1;
    if (end > at && <u32>load<u8>(end - 1) === carriageReturn) end--;
    const length = end - at;
    const keyFrom = cutFrom < length ? cutFrom : length;
    const keyTo = cutTo < length ? cutTo : length;
    // Up to here a character must be a byte.
    if (!isAscii(at, cutTo === open ? keyFrom : keyTo)) return isOther;
    const cut = keyTo - keyFrom;
    const escapes = escapesIn(at + keyFrom, cut);
    const keyBytes = cut + escapes + 2;
    const valueBytes: usize = !withValue ? 0 : length <= 63 ? length + 1 : length + 1 + lengthBytes(length);
    const size = keyBytes + valueBytes;
    if (keyBytes > keyBytesMax || size > recordBytesMax) return isOther;
    if (count > 0 && accounted + <f64>(size + 32) > bytesMax) return isFull;
    store<u32>(top, <u32>keyBytes);
    store<u32>(top, <u32>valueBytes, 4);
    const key = top + 8;
    store<u8>(key, 0x50);
    if (escapes === 0) copy(key + 1, at + keyFrom, cut);
    else putEscaped(key + 1, at + keyFrom, cut);
    store<u8>(key + keyBytes - 1, 0);
    if (withValue) putText(key + keyBytes, at, length);
    top = (key + size + 3) & ~3;
    accounted += <f64>(size + 32);
    count++;
    lines++;
    at = next;
  }
  return ended;
}
