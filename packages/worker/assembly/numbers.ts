// Numbers as values have them (src/data/value-codec.ts), and what is done with two of them.
//
// AssemblyScript, not TypeScript: `load<u32>(address, offset)` reads memory.

// What is done with a number: folds of columns keep the first of equals, those of one number are Math.min and Math.max.
const least: u32 = 1;
const most: u32 = 2;
const minimum: u32 = 3;
const maximum: u32 = 4;
const moments: u32 = 5;

/** What encodeNumberValue writes of a number. */
export function encodedBytes(number: f64): u32 {
  if (number !== Math.floor(number) || Math.abs(number) > 9007199254740991) return 9;
  if (number === 0) return 1 / number > 0 ? 1 : 9;
  if (number > 0 && number < 128) return 1;
  if (number > 0 && number < 8320) return 2;
  let rest = number > 0 ? <u64>number : <u64>(-1.0 - number);
  let bytes: u32 = 2;
  while (rest > 127) {
    rest >>= 7;
    bytes++;
  }
  return bytes;
}

/** Folds `width` numbers into others, each as its byte of `kinds` says. */
export function fold(into: usize, given: usize, kinds: usize, width: usize): void {
  for (let i: usize = 0; i < width; i++) {
    const target = into + (i << 3);
    const number = load<f64>(given + (i << 3));
    const kind = <u32>load<u8>(kinds + i);
    if (kind === 0) {
      store<f64>(target, load<f64>(target) + number);
    } else if (kind === least) {
      if (number < load<f64>(target)) store<f64>(target, number);
    } else if (kind === most) {
      if (number > load<f64>(target)) store<f64>(target, number);
    } else if (kind === minimum) {
      store<f64>(target, min<f64>(load<f64>(target), number));
    } else if (kind === maximum) {
      store<f64>(target, max<f64>(load<f64>(target), number));
    } else if (kind === moments) {
      // By Chan et al. (column-fold-kernel.ts), over three places.
      const mean = load<f64>(given + (i << 3), 8);
      const had = load<f64>(target);
      const both = had + number;
      const distance = mean - load<f64>(target, 8);
      store<f64>(target, load<f64>(target, 16) + (load<f64>(given + (i << 3), 16) + (distance * distance * had * number) / both), 16);
      store<f64>(target, load<f64>(target, 8) + (distance * number) / both, 8);
      store<f64>(target, both);
      i += 2;
    }
  }
}

@inline export function putLength(address: usize, value: u64): usize {
  let at = address;
  let rest = value;
  while (rest > 127) {
    store<u8>(at++, (rest & 127) | 128);
    rest >>= 7;
  }
  store<u8>(at++, rest);
  return at;
}

/** As encodeNumberValue writes it (src/data/value-codec.ts). */
function putNumber(at: usize, number: f64): usize {
  if (encodedBytes(number) === 9 && !isCounted(number)) {
    store<u8>(at, 0x06);
    const bits: u64 = isNaN(number) ? 0x7ff8000000000000 : reinterpret<u64>(number);
    store<u64>(at + 1, bswap<u64>(bits));
    return at + 9;
  }
  if (number < 0) {
    store<u8>(at, 0x05);
    return putLength(at + 1, <u64>(-1.0 - number));
  }
  if (number < 128) {
    store<u8>(at, 0x80 | <u32>number);
    return at + 1;
  }
  if (number < 8320) {
    const rest = <u32>number - 128;
    store<u8>(at, 0x20 | (rest >> 8));
    store<u8>(at + 1, rest);
    return at + 2;
  }
  store<u8>(at, 0x04);
  return putLength(at + 1, <u64>number);
}

/** Written as a whole number. */
@inline function isCounted(number: f64): bool {
  return number === Math.floor(number) && Math.abs(number) <= 9007199254740991 && number !== 0;
}

/** A list of so many numbers that lie one behind another, or of 0 the one number itself. */
export function putNumbers(address: usize, numbers: usize, perKey: i32): usize {
  let at = address;
  if (perKey > 7) {
    store<u8>(at++, 0x0b);
    store<u8>(at++, perKey);
  } else if (perKey > 0) {
    store<u8>(at++, 0x10 | perKey);
  }
  const end = numbers + (<usize>max<i32>(perKey, 1) << 3);
  for (let number = numbers; number < end; number += 8) at = putNumber(at, load<f64>(number));
  return at;
}

/** Where the number ended that was read last; 0: there was none. */
let numberEnd: usize = 0;

@inline function readLength(address: usize): f64 {
  let at = address;
  let value: u64 = 0;
  let shift: u64 = 0;
  let byte: u64 = 0;
  do {
    byte = load<u8>(at++);
    value |= (byte & 127) << shift;
    shift += 7;
  } while (byte > 127);
  numberEnd = at;
  return <f64>value;
}

function readNumber(at: usize): f64 {
  const tag = <u32>load<u8>(at);
  if (tag >= 0x80) {
    numberEnd = at + 1;
    return <f64>(tag & 0x7f);
  }
  if (tag >= 0x20 && tag < 0x40) {
    numberEnd = at + 2;
    return <f64>(128 + (((tag & 0x1f) << 8) | <u32>load<u8>(at, 1)));
  }
  if (tag === 0x04) return readLength(at + 1);
  if (tag === 0x05) return -1.0 - readLength(at + 1);
  numberEnd = tag === 0x06 ? at + 9 : 0;
  return tag === 0x06 ? reinterpret<f64>(bswap<u64>(load<u64>(at + 1))) : 0;
}

/** Reads what putNumbers wrote to [from, to) into `numbers`. False: there is something else. */
export function readNumbers(from: usize, to: usize, perKey: i32, numbers: usize): bool {
  let at = from;
  if (perKey > 7) {
    if (load<u8>(at) !== 0x0b || load<u8>(at, 1) !== perKey) return false;
    at += 2;
  } else if (perKey > 0) {
    if (load<u8>(at++) !== (0x10 | perKey)) return false;
  }
  const end = numbers + (<usize>max<i32>(perKey, 1) << 3);
  for (let number = numbers; number < end; number += 8) {
    store<f64>(number, readNumber(at));
    if (numberEnd === 0) return false;
    at = numberEnd;
  }
  return at === to;
}
