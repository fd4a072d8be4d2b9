// Keys as bytes: type-tagged, order-preserving and self-delimiting. Hash, equality, partition, sort and merge work on
// these bytes alone; two keys are the same key exactly when their bytes are equal, and compareBytes is their order.
//
//   null 10 · false 20 · true 21 · number 30 + ordered float64 · bigint 40 + ordered-bigint.ts
//   string 50 + UTF-8 + 00 · Date 60 + ordered float64 · bytes 70 + bytes + 00 · tuple 80 + elements + 00
//
// Inside text and bytes 00 is written 01 01 and 01 is written 01 02, so that the first 00 ends them, whatever follows.
// Tags are above 00, so that a 00 ends a tuple. Each encoding therefore says where it ends: parts stand behind one
// another (group parts, then order parts), descending ones inverted byte by byte (invertBytes). A codec writes at an
// offset of the caller's memory and answers with the end; it allocates nothing but for large bigints.

import { isDate, isUint8Array } from 'node:util/types';
import { limits } from '@sheaf/protocol';
import { BadKey, describeKey, KeyTooLarge } from './bad-key.ts';
import { writeOrderedFloat64 } from './float64.ts';
import { writeOrderedBigint } from './ordered-bigint.ts';
import { isPair, pointOfPair, writeCodePoint } from './text-bytes.ts';

export { decodeKey, decodeKeyDescending, keyEnd, keyEndDescending } from './key-decoder.ts';

const noRoom = -1;
const refused = -2;

/** What was refused and where inside the key; filled while the recursion returns `refused`. */
let refusedWhat = '';
let refusedPath = '';

/**
 * Writes `key` at target[at, limit) and gives its end, or -1 when it does not fit: the caller makes room and tries again.
 * Throws BadKey for what cannot be a key. Throws KeyTooLarge for more than limits.keyBytesMax bytes, but only when there
 * is room for that many, so a caller that gives as much never sees -1 twice.
 */
export function encodeKey(key: unknown, target: Uint8Array, at: number, limit: number): number {
  const largest = at + limits.keyBytesMax;
  const end = largest < limit ? largest : limit;
  const to = typeof key === 'string' ? writeString(key, target, at, end) : writeKey(key, target, at, end, 0);
  if (to >= 0) return to;
  if (to === noRoom) return whenFull(largest, limit);
  const path = refusedPath;
  refusedPath = '';
  throw new BadKey(`key${path} is ${refusedWhat}`);
}

/**
 * The key of a string given as valid UTF-8 in source[from, to), for text that never becomes a string; otherwise as
 * encodeKey. Equal bytes to encodeKey of that string.
 */
export function encodeTextKey(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number, limit: number): number {
  const largest = at + limits.keyBytesMax;
  const end = largest < limit ? largest : limit;
  const next = writeBytes(0x50, source, from, to, target, at, end);
  return next >= 0 ? next : whenFull(largest, limit);
}

/**
 * The key of an ASCII string without the characters 0 and 1, or -1: then encodeKey knows. There must be room for text.length + 2 bytes.
 * -1 also for a key over limits.keyBytesMax, which encodeKey refuses. Self-contained (the tag of a string and the limit
 * are literals), for kernels that are instantiated from their source text.
 */
export function encodeAsciiKey(text: string, target: Uint8Array, at: number): number {
  const { length } = text;
  if (length > 65_534) return -1;
  target[at] = 0x50;
  let to = at + 1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code < 2 || code >= 0x80) return -1;
    target[to++] = code;
  }
  target[to] = 0;
  return to + 1;
}

/** Turns an ascending part into a descending one, or back. */
export function invertBytes(target: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) target[i] = ~(target[i] as number);
}

function whenFull(largest: number, limit: number): number {
  if (largest > limit) return noRoom;
  throw new KeyTooLarge();
}

function writeKey(key: unknown, target: Uint8Array, at: number, end: number, depth: number): number {
  switch (typeof key) {
    case 'string':
      return writeString(key, target, at, end);
    case 'number':
      if (!Number.isFinite(key)) return refuse(String(key));
      return writeNumber(0x30, key, target, at, end);
    case 'boolean':
      return writeTag(key ? 0x21 : 0x20, target, at, end);
    case 'bigint':
      if (at >= end) return noRoom;
      target[at] = 0x40;
      return writeOrderedBigint(key, target, at + 1, end);
    case 'object':
      if (key === null) return writeTag(0x10, target, at, end);
      return writeObject(key, target, at, end, depth);
    default:
      return refuse(describeKey(key));
  }
}

function writeObject(key: object, target: Uint8Array, at: number, end: number, depth: number): number {
  if (Array.isArray(key)) return writeTuple(key, target, at, end, depth);
  if (isUint8Array(key)) return writeBytes(0x70, key, 0, key.length, target, at, end);
  if (!isDate(key)) return refuse(describeKey(key));
  const time = key.getTime();
  return Number.isNaN(time) ? refuse('an invalid Date') : writeNumber(0x60, time, target, at, end);
}

function writeTuple(key: readonly unknown[], target: Uint8Array, at: number, end: number, depth: number): number {
  if (depth === limits.keyDepthMax) return refuse(`nested more than ${limits.keyDepthMax} tuples deep`);
  if (at >= end) return noRoom;
  target[at] = 0x80;
  let to = at + 1;
  for (let i = 0; i < key.length; i++) {
    to = writeKey(key[i], target, to, end, depth + 1);
    if (to < 0) {
      if (to === refused) refusedPath = `[${i}]${refusedPath}`;
      return to;
    }
  }
  return writeTag(0x00, target, to, end);
}

function writeTag(tag: number, target: Uint8Array, at: number, end: number): number {
  if (at >= end) return noRoom;
  target[at] = tag;
  return at + 1;
}

function writeNumber(tag: number, value: number, target: Uint8Array, at: number, end: number): number {
  if (at + 9 > end) return noRoom;
  target[at] = tag;
  writeOrderedFloat64(value, target, at + 1);
  return at + 9;
}

function writeString(text: string, target: Uint8Array, at: number, end: number): number {
  const { length } = text;
  if (at + length + 2 > end) return noRoom;
  target[at] = 0x50;
  let to = at + 1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code < 2 || code >= 0x80) return writeOtherText(text, i, target, to, end);
    target[to++] = code;
  }
  target[to] = 0;
  return to + 1;
}

/** The rest of a string from its first character that is escaped or not ASCII; room is checked for each. */
function writeOtherText(text: string, from: number, target: Uint8Array, at: number, end: number): number {
  let to = at;
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    // Four bytes for a code point, or two for an escaped character, and one for the terminator; exact near the end of the room.
    if (to + 5 > end && to + bytesOf(code) + 1 > end) return noRoom;
    if (code < 2) {
      target[to++] = 1;
      target[to++] = code + 1;
    } else if (code < 0x80) {
      target[to++] = code;
    } else if (code < 0xd800 || code > 0xdfff) {
      to = writeCodePoint(code, target, to);
    } else {
      const trail = text.charCodeAt(++i);
      if (!isPair(code, trail)) return refuse('a string with a lone surrogate');
      to = writeCodePoint(pointOfPair(code, trail), target, to);
    }
  }
  return writeTag(0x00, target, to, end);
}

/** Encoded bytes of a code unit; of a pair of surrogates all four are counted with the first. */
function bytesOf(code: number): number {
  if (code < 2) return 2;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0xd800 || code > 0xdfff ? 3 : 4;
}

/** Bytes with 00 and 01 escaped, between a tag and the terminator. */
function writeBytes(tag: number, source: Uint8Array, from: number, sourceEnd: number, target: Uint8Array, at: number, end: number): number {
  if (at + (sourceEnd - from) + 2 > end) return noRoom;
  target[at] = tag;
  let to = at + 1;
  for (let i = from; i < sourceEnd; i++) {
    const byte = source[i] as number;
    if (byte >= 2) {
      target[to++] = byte;
      continue;
    }
    // This escape, what is left and the terminator must fit; without an escape the check above was enough.
    if (to + 2 + (sourceEnd - i - 1) + 1 > end) return noRoom;
    target[to++] = 1;
    target[to++] = byte + 1;
  }
  target[to] = 0;
  return to + 1;
}

function refuse(what: string): number {
  refusedWhat = what;
  return refused;
}
