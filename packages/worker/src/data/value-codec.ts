// Values as bytes. The bytes of a value depend on the value alone, never on what was encoded before: a map task that runs
// again writes the same run, and two runs may be compared by their hashes.
//
//   00 undefined · 01 null · 02 false · 03 true
//   80–ff integers 0–127 · 20–3f and a byte: 128–8319 · 04 varint: other safe integers ≥ 0 · 05 varint of −1−n: below 0
//   06 float64: all other numbers, −0, NaN and the infinities too · 07 ordered-bigint.ts · 08 Date, float64
//   40–7f strings of 0–63 bytes of UTF-8 · 0a varint: longer ones · 09 varint: bytes
//   10–17 arrays of 0–7 items · 0b varint: longer ones
//   0c objects: members, each a name (varint of its bytes + 1, UTF-8) and a value, then 00
//
// What is carried is what JSON carries, by JSON's rules (toJSON, undefined members dropped, own enumerable names, their
// order kept), and bigint, Date and bytes as themselves. What JSON would lose without a word is refused with its path.

import { isBoxedPrimitive, isDate, isUint8Array } from 'node:util/types';
import { limits } from '@sheaf/protocol';
import { BadValue, memberPath, shortPath, whyNotCarried } from './bad-value.ts';
import { writeFloat64 } from './float64.ts';
import { writeOrderedBigint } from './ordered-bigint.ts';
import { bufferOver, isWellFormed, utf8Length, writeUtf8 } from './text-bytes.ts';
import { writeVarint } from './varint.ts';

export { decodedEnd, decodeNext, decodeNumberValue, decodeValue } from './value-decoder.ts';

const noRoom = -1;
const refused = -2;

const twoByteFirst = 128;
const twoByteEnd = twoByteFirst + 0x2000;
const shortTextMax = 63;
const shortArrayMax = 7;

/** What was refused and where inside the value; filled while the recursion returns `refused`. */
let refusedWhat = '';
let refusedPath = '';

/** The objects around the one being written, by depth: an object among them contains itself. */
const around: (object | null)[] = new Array(limits.valueDepthMax).fill(null);

/**
 * Writes `value` at target[at, limit) and gives its end, or -1 when it does not fit: the caller makes room and tries
 * again. Throws BadValue for what cannot be carried.
 */
export function encodeValue(value: unknown, target: Uint8Array, at: number, limit: number): number {
  if (typeof value === 'number') return encodeNumberValue(value, target, at, limit);
  let to: number;
  if (typeof value === 'string') to = writeString(value, target, at, limit);
  else to = writeValue(typeof value === 'object' && value !== null ? asJson(value, '') : value, target, at, limit, 0);
  if (to !== refused) return to;
  const path = refusedPath;
  refusedPath = '';
  throw new BadValue(`value${shortPath(path)} is ${refusedWhat}`);
}

/** encodeValue of the string that is the valid UTF-8 in source[from, to). */
export function encodeTextValue(source: Uint8Array, from: number, to: number, target: Uint8Array, at: number, limit: number): number {
  const length = to - from;
  const textAt = writeHeader(length <= shortTextMax ? 0x40 | length : 0x0a, length, target, at, limit);
  if (textAt < 0 || textAt + length > limit) return noRoom;
  if (length <= shortTextMax) for (let i = 0; i < length; i++) target[textAt + i] = source[from + i] as number;
  else if (source === target) target.copyWithin(textAt, from, to);
  else target.set(source.subarray(from, to), textAt);
  return textAt + length;
}

/** encodeValue of a number. */
export function encodeNumberValue(value: number, target: Uint8Array, at: number, limit: number): number {
  if (at >= limit) return noRoom;
  if (value >= 0 && value < twoByteFirst && (value | 0) === value && (value !== 0 || 1 / value > 0)) {
    target[at] = 0x80 | value;
    return at + 1;
  }
  if ((value | 0) === value && value >= twoByteEnd && at + 6 <= limit) {
    target[at] = 0x04;
    let to = at + 1;
    let rest = value | 0;
    for (; rest >= 0x80; rest >>>= 7) target[to++] = (rest & 0x7f) | 0x80;
    target[to] = rest;
    return to + 1;
  }
  if (!Number.isSafeInteger(value) || value === 0) return writeFloat(0x06, value, target, at, limit);
  if (value < 0) {
    target[at] = 0x05;
    return writeVarint(-1 - value, target, at + 1, limit);
  }
  if (value < twoByteEnd) {
    if (at + 2 > limit) return noRoom;
    target[at] = 0x20 | ((value - twoByteFirst) >>> 8);
    target[at + 1] = value - twoByteFirst;
    return at + 2;
  }
  target[at] = 0x04;
  return writeVarint(value, target, at + 1, limit);
}

/** encodeValue of the list of some of the numbers, for which there is room: 9 bytes each and 8 more. */
export function encodeNumbers(
  numbers: Float64Array,
  { from, width }: { readonly from: number; readonly width: number },
  target: Uint8Array,
  at: number,
): number {
  let to = writeHeader(width <= shortArrayMax ? 0x10 | width : 0x0b, width, target, at, target.length);
  for (let i = from; i < from + width; i++) to = encodeNumberValue(numbers[i] as number, target, to, target.length);
  return to;
}

/** What JSON would write in place of an object: the result of its toJSON, or the primitive of a boxed one. */
function asJson(value: object, name: string): unknown {
  if (isUint8Array(value)) return value;
  const { toJSON } = value as { toJSON?: unknown };
  let plain: unknown = value;
  if (typeof toJSON === 'function' && !isDate(value)) plain = toJSON.call(value, name);
  return isBoxed(plain) ? plain.valueOf() : plain;
}

function isBoxed(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) !== Object.prototype && isBoxedPrimitive(value);
}

function writeValue(value: unknown, target: Uint8Array, at: number, limit: number, depth: number): number {
  switch (typeof value) {
    case 'number':
      return encodeNumberValue(value, target, at, limit);
    case 'string':
      return writeString(value, target, at, limit);
    case 'boolean':
      return writeTag(value ? 0x03 : 0x02, target, at, limit);
    case 'undefined':
      return writeTag(0x00, target, at, limit);
    case 'bigint':
      if (at >= limit) return noRoom;
      target[at] = 0x07;
      return writeOrderedBigint(value, target, at + 1, limit);
    case 'object':
      return value === null ? writeTag(0x01, target, at, limit) : writeObject(value, target, at, limit, depth);
    default:
      return refuse(`a ${typeof value}`);
  }
}

function writeObject(value: object, target: Uint8Array, at: number, limit: number, depth: number): number {
  const isArray = Array.isArray(value);
  if (!isArray && Object.getPrototypeOf(value) !== Object.prototype) {
    if (isUint8Array(value)) return writeBytes(value, target, at, limit);
    if (isDate(value)) return writeFloat(0x08, value.getTime(), target, at, limit);
    const why = whyNotCarried(value);
    if (why !== '') return refuse(why);
  }
  for (let i = 0; i < depth; i++) if (around[i] === value) return refuse('a cycle: it contains itself');
  if (depth === limits.valueDepthMax) return refuse(`nested more than ${limits.valueDepthMax} deep`);
  around[depth] = value;
  const to = isArray ? writeArray(value, target, at, limit, depth) : writeMembers(value, target, at, limit, depth);
  around[depth] = null;
  return to;
}

function writeArray(items: readonly unknown[], target: Uint8Array, at: number, limit: number, depth: number): number {
  const { length } = items;
  let to = writeHeader(length <= shortArrayMax ? 0x10 | length : 0x0b, length, target, at, limit);
  for (let i = 0; i < length && to >= 0; i++) {
    let item = items[i];
    if (typeof item === 'object' && item !== null) item = asJson(item, String(i));
    to = writeValue(item === undefined ? null : item, target, to, limit, depth + 1);
    if (to === refused) refusedPath = `[${i}]${refusedPath}`;
  }
  return to;
}

function writeMembers(value: object, target: Uint8Array, at: number, limit: number, depth: number): number {
  let to = writeTag(0x0c, target, at, limit);
  const names = Object.keys(value);
  for (let i = 0; i < names.length && to >= 0; i++) {
    const name = names[i] as string;
    let member: unknown = (value as { readonly [name: string]: unknown })[name];
    if (typeof member === 'object' && member !== null) member = asJson(member, name);
    if (member === undefined) continue;
    to = writeName(name, target, to, limit);
    if (to >= 0) to = writeValue(member, target, to, limit, depth + 1);
    if (to === refused) refusedPath = memberPath(name) + refusedPath;
  }
  return to < 0 ? to : writeTag(0x00, target, to, limit);
}

function writeString(text: string, target: Uint8Array, at: number, limit: number): number {
  const { length } = text;
  if (length > shortTextMax) return writeLongString(text, target, at, limit);
  if (at + 1 + length > limit) return noRoom;
  target[at] = 0x40 | length;
  let to = at + 1;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return writeOtherString(text, target, at, limit);
    target[to++] = code;
  }
  return to;
}

/** A string of few characters that are not all ASCII. */
function writeOtherString(text: string, target: Uint8Array, at: number, limit: number): number {
  const length = utf8Length(text);
  if (length < 0) return refuse('a string with a lone surrogate');
  const to = writeHeader(length <= shortTextMax ? 0x40 | length : 0x0a, length, target, at, limit);
  if (to < 0 || to + length > limit) return noRoom;
  return writeUtf8(text, target, to);
}

/** A string long enough for Node's own functions to be faster than a loop. */
function writeLongString(text: string, target: Uint8Array, at: number, limit: number): number {
  if (at + text.length > limit) return noRoom;
  const length = Buffer.byteLength(text);
  if (length !== text.length && !isWellFormed(text)) return refuse('a string with a lone surrogate');
  const to = writeHeader(0x0a, length, target, at, limit);
  if (to < 0 || to + length > limit) return noRoom;
  bufferOver(target).write(text, to, length, length === text.length ? 'latin1' : 'utf8');
  return to + length;
}

function writeName(name: string, target: Uint8Array, at: number, limit: number): number {
  const length = utf8Length(name);
  if (length < 0) return refuse('a member whose name has a lone surrogate');
  const to = writeVarint(length + 1, target, at, limit);
  if (to < 0 || to + length > limit) return noRoom;
  return writeUtf8(name, target, to);
}

function writeBytes(bytes: Uint8Array, target: Uint8Array, at: number, limit: number): number {
  const to = writeHeader(0x09, bytes.length, target, at, limit);
  if (to < 0 || to + bytes.length > limit) return noRoom;
  target.set(bytes, to);
  return to + bytes.length;
}

/** A tag, and the length behind it unless the tag (0x10 and above) holds it already. */
function writeHeader(tag: number, length: number, target: Uint8Array, at: number, limit: number): number {
  const to = writeTag(tag, target, at, limit);
  return tag >= 0x10 || to < 0 ? to : writeVarint(length, target, to, limit);
}

function writeTag(tag: number, target: Uint8Array, at: number, limit: number): number {
  if (at >= limit) return noRoom;
  target[at] = tag;
  return at + 1;
}

function writeFloat(tag: number, value: number, target: Uint8Array, at: number, limit: number): number {
  if (at + 9 > limit) return noRoom;
  target[at] = tag;
  writeFloat64(value, target, at + 1);
  return at + 9;
}

function refuse(what: string): number {
  refusedWhat = what;
  return refused;
}
