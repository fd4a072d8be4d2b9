// Reads the values that value-codec.ts writes. Bytes come out of checksummed blocks, so what does not decode is a bug of
// ours: it throws a plain Error. Decoded objects are plain objects; a member called __proto__ is a member like any other.

import { readFloat64 } from './float64.ts';
import { orderedBigintEnd, readOrderedBigint } from './ordered-bigint.ts';
import { readText } from './text-bytes.ts';

/** Where the value that was decoded last ended. */
let cursor = 0;

/** The value in source[from, to). Decoded bytes are a copy. */
export function decodeValue(source: Uint8Array, from: number, to: number): unknown {
  const value = readValue(source, from);
  if (cursor !== to) throw new Error(`value at ${from} ends at ${cursor} instead of ${to}`);
  return value;
}

/** The value that begins at source[from]; where it ends says `decodedEnd`. */
export function decodeNext(source: Uint8Array, from: number): unknown {
  if (source[from] === 0x04) return readLength(source, from + 1);
  return readValue(source, from);
}

export function decodedEnd(): number {
  return cursor;
}

/** decodeValue of a number. */
export function decodeNumberValue(source: Uint8Array, from: number): number {
  const tag = source[from] as number;
  if (tag >= 0x80) {
    cursor = from + 1;
    return tag & 0x7f;
  }
  if (tag >= 0x20 && tag < 0x40) {
    cursor = from + 2;
    return 128 + (((tag & 0x1f) << 8) | (source[from + 1] as number));
  }
  switch (tag) {
    case 0x04:
      return readLength(source, from + 1);
    case 0x05:
      return -1 - readLength(source, from + 1);
    case 0x06:
      cursor = from + 9;
      return readFloat64(source, from + 1);
    default:
      throw new Error(`no number begins with ${tag} at ${from}`);
  }
}

function readValue(source: Uint8Array, at: number): unknown {
  const tag = source[at] as number;
  if (tag >= 0x80) {
    cursor = at + 1;
    return tag & 0x7f;
  }
  if (tag >= 0x40) {
    cursor = at + 1 + (tag & 0x3f);
    return readText(source, at + 1, cursor);
  }
  if (tag >= 0x20) return decodeNumberValue(source, at);
  if (tag >= 0x10 && tag <= 0x17) return readItems(source, at + 1, tag & 0x07);
  return readTagged(source, at, tag);
}

function readTagged(source: Uint8Array, at: number, tag: number): unknown {
  cursor = at + 1;
  switch (tag) {
    case 0x00:
      return undefined;
    case 0x01:
      return null;
    case 0x02:
      return false;
    case 0x03:
      return true;
    case 0x04:
    case 0x05:
    case 0x06:
      return decodeNumberValue(source, at);
    case 0x07:
      cursor = orderedBigintEnd(source, at + 1, 0);
      return readOrderedBigint(source, at + 1);
    case 0x08:
      cursor = at + 9;
      return new Date(readFloat64(source, at + 1));
    case 0x09: {
      const from = skip(source, at + 1);
      // A slice of a Buffer would be a Buffer: a value must be the same whatever memory it comes from.
      return new Uint8Array(source.subarray(from, cursor));
    }
    case 0x0a: {
      const from = skip(source, at + 1);
      return readText(source, from, cursor);
    }
    case 0x0b: {
      const count = readLength(source, at + 1);
      return readItems(source, cursor, count);
    }
    case 0x0c:
      return readMembers(source, at + 1);
    default:
      throw new Error(`no value begins with ${tag} at ${at}`);
  }
}

/** A varint; the cursor is left behind it. */
function readLength(source: Uint8Array, at: number): number {
  let value = 0;
  let byte = 0x80;
  let to = at;
  for (let scale = 1; byte >= 0x80; scale *= 128) {
    byte = source[to++] as number;
    value += (byte & 0x7f) * scale;
  }
  cursor = to;
  return value;
}

/** A varint that counts the bytes behind it: gives where they begin, and leaves the cursor at their end. */
function skip(source: Uint8Array, at: number): number {
  const length = readLength(source, at);
  const from = cursor;
  cursor = from + length;
  return from;
}

function readItems(source: Uint8Array, at: number, count: number): unknown[] {
  const items: unknown[] = [];
  cursor = at;
  for (let i = 0; i < count; i++) items.push(readValue(source, cursor));
  return items;
}

function readMembers(source: Uint8Array, at: number): object {
  const value: { [name: string]: unknown } = {};
  cursor = at;
  for (let header = readLength(source, cursor); header !== 0; header = readLength(source, cursor)) {
    const from = cursor;
    const to = from + header - 1;
    const name = readName(source, from, to);
    const member = readValue(source, to);
    if (name === '__proto__') {
      Object.defineProperty(value, name, { value: member, writable: true, enumerable: true, configurable: true });
    } else {
      value[name] = member;
    }
  }
  return value;
}

/** Names met before, by a cheap hash of their bytes; a name is used again only when all its bytes are equal. */
const names: string[] = new Array(1024).fill('');
const cachedNameBytesMax = 32;

function readName(source: Uint8Array, from: number, to: number): string {
  const length = to - from;
  if (length === 0 || length > cachedNameBytesMax) return readText(source, from, to);
  const middle = source[from + (length >> 1)] as number;
  const slot = (length * 7 + (source[from] as number) * 31 + (source[to - 1] as number) * 131 + middle * 17) & 1023;
  const cached = names[slot] as string;
  if (cached.length === length) {
    let i = 0;
    while (i < length && cached.charCodeAt(i) === source[from + i]) i++;
    if (i === length) return cached;
  }
  const name = readText(source, from, to);
  // Only ASCII names have as many characters as bytes, and only they compare equal to bytes character by character.
  if (name.length === length) names[slot] = name;
  return name;
}
