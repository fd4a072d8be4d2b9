// Reads rows of csv from their bytes into a batch of keys with numbers (src/kernels/key-batch.ts): a key of one column, numbers of
// others, no record in between. What is looked at says a program, a step for each cell. It takes rows in their usual spelling and
// stops before any other: its caller has the decoder read that one, and say what is wrong with it, if anything is.
//
// What it relies on: bytes[at, end) are valid UTF-8, and the last of them is a line feed, which ends every loop in time.
//
// AssemblyScript, not TypeScript: `load<u32>(address, offset)` reads memory.

// A step of the program, 8 bytes: how many cells are passed before the cell that is looked at, its type, its flags, and a bit for
// each number of a key that is the cell's. 16 powers of ten stand before the first step.
const typeAt: usize = 4;
const flagsAt: usize = 5;
const numbersOf: usize = 6;
const stepBytes: usize = 8;
const powersBytes: usize = 128;

// The types of cells; the last step may look at none, and stands for the end of the row.
const ofText: u32 = 0;
const ofNumber: u32 = 1;
const ofInteger: u32 = 2;
const ofBoolean: u32 = 3;
const ofDate: u32 = 4;
const ofNothing: u32 = 5;

// Its flags.
const optional: u32 = 1;
const isKey: u32 = 2;
const isLast: u32 = 4;

// The batch (batches.ts).
const slotShift: usize = 6;
const lengthsAt: usize = 16384;
const numbersAt: usize = 19472;
const batchRows: i32 = 256;
/** Text that has room as a key: its tag and its end are two bytes more. */
const textMax: u32 = 58;

let program: usize = 0;
let programEnd: usize = 0;
let separator: u32 = 0;
let multiline: bool = false;
let rowBytesMax: u32 = 0;
let batch: usize = 0;
let width: usize = 0;
let ones: u32 = 0;
let zeros: u32 = 0;
let end: usize = 0;
let nextAt: usize = 0;
/** The number that a cell was read as, and its index's end: 0 where it is none of the usual. */
let value: f64 = 0;

/** Behind the last row that was taken. */
export function next(): usize {
  return nextAt;
}

/** How rows look. `lineBreaks`: they may stand in quotes. */
export function rows(by: u32, lineBreaks: bool, bytesMax: u32): void {
  separator = by;
  multiline = lineBreaks;
  rowBytesMax = bytesMax;
}

/** The program of so many steps, and the batch with its numbers: which are 1 and which are 0 for all keys say the bits. */
export function cells(steps: usize, count: i32, batchFrom: usize, perKey: i32, allOnes: u32, allZeros: u32): void {
  program = steps;
  programEnd = steps + powersBytes + <usize>count * stepBytes;
  batch = batchFrom;
  width = perKey;
  ones = allOnes;
  zeros = allZeros;
}

/** Takes rows from `at` on that begin before `stop`, until the batch is full; gives how many. */
export function read(at: usize, stop: usize, to: usize): i32 {
  end = to;
  let rowAt = at;
  let row: i32 = 0;
  while (rowAt < stop && row < batchRows) {
    const first = <u32>load<u8>(rowAt);
    if (first === 10 || first === 13) break;
    const rowEnd = readRow(rowAt, row);
    if (rowEnd === 0 || rowEnd - rowAt > rowBytesMax) break;
    setConstants(row);
    rowAt = rowEnd + 1;
    row++;
  }
  nextAt = rowAt;
  return row;
}

@inline function numberOf(row: i32, place: u32): usize {
  return batch + numbersAt + ((<usize>row * width + place) << 3);
}

@inline function setConstants(row: i32): void {
  for (let left = ones; left !== 0; left &= left - 1) store<f64>(numberOf(row, ctz(left)), 1);
  for (let left = zeros; left !== 0; left &= left - 1) store<f64>(numberOf(row, ctz(left)), 0);
}

/** Gives the index of the row's line feed; 0: it is left to the caller. */
function readRow(from: usize, row: i32): usize {
  let at = from;
  const slot = batch + (<usize>row << slotShift);
  for (let step = program + powersBytes; step < programEnd; step += stepBytes) {
    const passed = load<u32>(step);
    if (passed > 0) {
      at = pass(at, passed);
      if (at === 0) return 0;
      at++;
    }
    const type = <u32>load<u8>(step, typeAt);
    const flags = <u32>load<u8>(step, flagsAt);
    const numbers = <u32>load<u16>(step, numbersOf);
    let byte = <u32>load<u8>(at);
    if (type === ofNothing) {
      at = cellEnd(at);
      if (at === 0) return 0;
    } else if (type === ofText) {
      at = readText(at, row, slot, flags);
      if (at === 0) return 0;
    } else if ((flags & optional) !== 0 && (byte === separator || byte === 10 || byte === 13)) {
      // Nothing counts as null; a fold of numbers refuses it.
      if (numbers !== 0) return 0;
      if ((flags & isKey) !== 0) putShortKey(row, slot, 0x10);
    } else {
      const quoted = byte === 34;
      at = readValue(quoted ? at + 1 : at, type);
      if (at === 0) return 0;
      if (quoted) {
        if (load<u8>(at) !== 34) return 0;
        at++;
      }
      for (let left = numbers; left !== 0; left &= left - 1) store<f64>(numberOf(row, ctz(left)), value);
      if ((flags & isKey) !== 0) {
        if (type === ofBoolean) putShortKey(row, slot, 0x20 + <u32>value);
        else putOrdered(row, slot, type === ofDate ? 0x60 : 0x30);
      }
    }
    byte = <u32>load<u8>(at);
    if ((flags & isLast) !== 0) {
      if (byte === 13) byte = <u32>load<u8>(++at);
      return byte === 10 ? at : 0;
    }
    if (byte !== separator) return 0;
    at++;
  }
  return 0;
}

/** A bit for each of 16 bytes that may end a cell or begin a quoted one. */
@inline function specials(at: usize): u32 {
  const bytes = v128.load(at);
  const ends = v128.or(i8x16.eq(bytes, i8x16.splat(<i8>separator)), i8x16.eq(bytes, i8x16.splat(10)));
  return <u32>i8x16.bitmask(v128.or(ends, i8x16.eq(bytes, i8x16.splat(34))));
}

/** Past so many cells, to the separator behind the last of them; 0 where there is none. */
function pass(from: usize, count: u32): usize {
  let left = count;
  let cell = from;
  for (let at = from; at < end; ) {
    let bits = specials(at);
    while (bits !== 0) {
      const place = at + ctz(bits);
      const byte = <u32>load<u8>(place);
      if (byte === separator) {
        if (--left === 0) return place;
        cell = place + 1;
        bits &= bits - 1;
        continue;
      }
      if (byte === 10 || place !== cell) return 0;
      // A quoted cell: its end is looked for by itself, and the rest of these bytes again.
      const quotedEnd = behindQuotes(place);
      if (quotedEnd === 0 || <u32>load<u8>(quotedEnd) !== separator) return 0;
      if (--left === 0) return quotedEnd;
      cell = quotedEnd + 1;
      break;
    }
    at = bits === 0 ? at + 16 : cell;
  }
  return 0;
}

/** Past a cell, to the byte that ends it. A CR that belongs to a line end stays within a cell that is not quoted. */
function cellEnd(from: usize): usize {
  if (load<u8>(from) === 34) return behindQuotes(from);
  let at = from;
  let bits = specials(at);
  while (bits === 0) {
    at += 16;
    bits = specials(at);
  }
  return at + ctz(bits);
}

/** From the opening quote behind the closing one; 0 where it is not closed. */
function behindQuotes(from: usize): usize {
  let at = from;
  do {
    at = nextQuote(at + 1);
    if (at === 0) return 0;
    at++;
  } while (load<u8>(at) === 34);
  return at;
}

/** The next quote from `from` on; 0 where the line, or all, ends before. */
function nextQuote(from: usize): usize {
  let at = from;
  while (true) {
    const bytes = v128.load(at);
    let stops = i8x16.eq(bytes, i8x16.splat(34));
    if (!multiline) stops = v128.or(stops, i8x16.eq(bytes, i8x16.splat(10)));
    const bits = i8x16.bitmask(stops);
    if (bits !== 0) {
      at += ctz(bits);
      return at < end && load<u8>(at) === 34 ? at : 0;
    }
    at += 16;
    if (at >= end) return 0;
  }
}

function readText(from: usize, row: i32, slot: usize, flags: u32): usize {
  const quoted = load<u8>(from) === 34;
  const text = quoted ? from + 1 : from;
  const to = quoted ? nextQuote(text) : cellEnd(text);
  if (to === 0 || to - text > textMax) return 0;
  let length = <u32>(to - text);
  // The CR of a line end.
  if (!quoted && length > 0 && load<u8>(to) === 10 && load<u8>(to - 1) === 13) length--;
  if (length === 0 && (flags & optional) !== 0) {
    putShortKey(row, slot, 0x10);
  } else {
    store<u8>(slot, 0x50);
    for (let i: u32 = 0; i < length; i += 16) {
      const bytes = v128.load(text + i);
      const escaped = i8x16.bitmask(v128.lt<u8>(bytes, i8x16.splat(2)));
      if (escaped !== 0 && <u32>ctz(escaped) < length - i) return 0;
      // Behind the last slot there is something else.
      if (i < 48) v128.store(slot + 1 + i, bytes);
      else v128.store(slot + 48, v128.load(text + 47));
    }
    store<u32>(slot + 1 + length, 0);
    store<i32>(batch + lengthsAt + (<usize>row << 2), length + 2);
  }
  return quoted ? to + 1 : to;
}

function putShortKey(row: i32, slot: usize, tag: u32): void {
  store<u32>(slot, tag);
  store<i32>(batch + lengthsAt + (<usize>row << 2), 1);
}

/** The tag and the ordered float64 (data/float64.ts), the most significant byte first. −0 is 0. */
function putOrdered(row: i32, slot: usize, tag: u32): void {
  const bits = reinterpret<u64>(value + 0);
  const ordered = <i64>bits < 0 ? ~bits : bits ^ 0x8000000000000000;
  store<u32>(slot + 8, 0);
  store<u8>(slot, tag);
  store<u64>(slot + 1, bswap<u64>(ordered));
  store<i32>(batch + lengthsAt + (<usize>row << 2), 9);
}

/** Reads `value` and gives its end; 0 where it is none of the usual. */
function readValue(from: usize, type: u32): usize {
  if (type === ofBoolean) {
    if (load<u32>(from) === 0x65757274) {
      value = 1;
      return from + 4;
    }
    value = 0;
    return load<u32>(from) === 0x736c6166 && load<u8>(from, 4) === 0x65 ? from + 5 : 0;
  }
  return type === ofDate ? readDate(from) : readNumber(from, type === ofNumber);
}

/** The number that 1 to 8 digits are, without a loop: how many there are, no processor foresees. */
@inline function digitsOf(at: usize, count: u32): u64 {
  let digits = (load<u64>(at) << (64 - 8 * <u64>count)) & 0x0f0f0f0f0f0f0f0f;
  digits = ((digits * 2561) >> 8) & 0x00ff00ff00ff00ff;
  digits = ((digits * 6553601) >> 16) & 0x0000ffff0000ffff;
  return (digits * 42949672960001) >> 32;
}

/** As decimalAt of the csv decoder reads them: no sign but a minus, no zeros in front, up to 15 digits, whose double is exact. */
function readNumber(from: usize, withFraction: bool): usize {
  const negative = load<u8>(from) === 45;
  const at = negative ? from + 1 : from;
  const others = <u32>i8x16.bitmask(v128.gt<u8>(v128.sub<i8>(v128.load(at), i8x16.splat(48)), i8x16.splat(9)));
  const whole = ctz(others | 0x10000);
  if (whole === 0 || (whole > 1 && load<u8>(at) === 48)) return 0;
  if (whole > 8) return readLongNumber(from, withFraction);
  value = <f64>digitsOf(at, whole);
  let to = at + whole;
  if (withFraction && load<u8>(to) === 46) {
    const digits = ctz((others & (others - 1)) | 0x10000);
    const fraction = digits - whole - 1;
    if (fraction === 0) return 0;
    if (fraction > 7 || digits === 16) return readLongNumber(from, withFraction);
    to = at + digits;
    const power = load<f64>(program + (<usize>fraction << 3));
    // Both are whole and their sum has at most 15 digits, so that it is exact.
    value = (value * power + <f64>digitsOf(at + whole + 1, fraction)) / power;
  }
  if (negative) value = -value;
  return to;
}

/** The same, one digit after the other. */
function readLongNumber(from: usize, withFraction: bool): usize {
  let at = from;
  let byte = <u32>load<u8>(at);
  const negative = byte === 45;
  if (negative) byte = <u32>load<u8>(++at);
  const first = at;
  let digit = byte - 48;
  if (digit > 9) return 0;
  let whole: u64 = digit;
  digit = <u32>load<u8>(++at) - 48;
  if (whole === 0 && digit <= 9) return 0;
  for (; digit <= 9; digit = <u32>load<u8>(++at) - 48) whole = whole * 10 + digit;
  let digits = at - first;
  // A point.
  if (withFraction && digit === <u32>-2) {
    const point = at;
    digit = <u32>load<u8>(++at) - 48;
    for (; digit <= 9; digit = <u32>load<u8>(++at) - 48) whole = whole * 10 + digit;
    const fraction = at - point - 1;
    digits += fraction;
    if (fraction === 0 || digits > 15) return 0;
    value = <f64>whole / load<f64>(program + (fraction << 3));
  } else {
    if (digits > 15) return 0;
    value = <f64>whole;
  }
  if (negative) value = -value;
  return at;
}

/** A day, as in 2025-02-25; what more a date may have is left to the decoder. Days since 1970 as Howard Hinnant counts them. */
function readDate(from: usize): usize {
  if (load<u8>(from, 4) !== 45 || load<u8>(from, 7) !== 45) return 0;
  let year: i32 = 0;
  let month: i32 = 0;
  let day: i32 = 0;
  for (let i: usize = 0; i < 10; i++) {
    if (i === 4 || i === 7) continue;
    const digit = <u32>load<u8>(from + i) - 48;
    if (digit > 9) return 0;
    if (i < 4) year = year * 10 + digit;
    else if (i < 7) month = month * 10 + digit;
    else day = day * 10 + digit;
  }
  if (month < 1 || month > 12 || day < 1 || day > 31) return 0;
  if (day > 28 && (month === 2 || (day === 31 && (month === 4 || month === 6 || month === 9 || month === 11)))) return 0;
  // Years from March on; four hundred more leave nothing below zero.
  year += month <= 2 ? 399 : 400;
  month += month <= 2 ? 9 : -3;
  const days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719469 - 146097;
  value = 86400000.0 * <f64>days;
  return from + 10;
}
