// Reads the keys that key-codec.ts writes. Bytes come out of checksummed blocks, so what does not decode is a bug of
// ours, never a user's mistake: it throws a plain Error, and never reads past the end of the array.

import { readOrderedFloat64 } from './float64.ts';
import { orderedBigintEnd, readOrderedBigint } from './ordered-bigint.ts';
import { readText } from './text-bytes.ts';

/** Where the key that was decoded last ended. */
let cursor = 0;

/** The key at `at`. Decoded bytes are a copy. */
export function decodeKey(source: Uint8Array, at: number): unknown {
  const tag = source[at];
  switch (tag) {
    case 0x50:
      return decodeText(source, at);
    case 0x30:
      return decodeNumber(source, at);
    case 0x10:
      cursor = at + 1;
      return null;
    case 0x20:
    case 0x21:
      cursor = at + 1;
      return tag === 0x21;
    case 0x40:
      cursor = keyEnd(source, at);
      return readOrderedBigint(source, at + 1);
    case 0x60:
      return new Date(decodeNumber(source, at));
    case 0x70:
      cursor = keyEnd(source, at);
      return unescaped(source, at + 1, cursor - 1);
    case 0x80:
      return decodeTuple(source, at);
    default:
      throw new Error(`no key begins with ${tag} at ${at}`);
  }
}

/** A descending part: decoded from an inverted copy. */
export function decodeKeyDescending(source: Uint8Array, at: number): unknown {
  const inverted = new Uint8Array(source.subarray(at, keyEndDescending(source, at)));
  for (let i = 0; i < inverted.length; i++) inverted[i] = ~(inverted[i] as number);
  return decodeKey(inverted, 0);
}

/** Where the key that starts at `at` ends. */
export function keyEnd(source: Uint8Array, at: number): number {
  return endOf(source, at, 0);
}

/** Where the descending part that starts at `at` ends. */
export function keyEndDescending(source: Uint8Array, at: number): number {
  return endOf(source, at, 0xff);
}

function endOf(source: Uint8Array, at: number, inverted: number): number {
  const tag = (source[at] as number) ^ inverted;
  let end: number;
  switch (tag) {
    case 0x50:
    case 0x70:
      return terminator(source, at + 1, inverted) + 1;
    case 0x30:
    case 0x60:
      end = at + 9;
      break;
    case 0x10:
    case 0x20:
    case 0x21:
      return at + 1;
    case 0x40:
      end = orderedBigintEnd(source, at + 1, inverted);
      break;
    case 0x80:
      end = at + 1;
      while (source[end] !== inverted) end = endOf(source, end, inverted);
      return end + 1;
    default:
      throw new Error(`no key begins with ${source[at]} at ${at}`);
  }
  if (!(end <= source.length)) throw new Error(`key at ${at} is cut off`);
  return end;
}

/** The first 00 at or after `at`. */
function terminator(source: Uint8Array, at: number, inverted: number): number {
  for (let i = at; i < source.length; i++) {
    if (source[i] === inverted) return i;
  }
  throw new Error(`key before ${at} is cut off`);
}

function decodeNumber(source: Uint8Array, at: number): number {
  cursor = at + 9;
  if (cursor > source.length) throw new Error(`key at ${at} is cut off`);
  return readOrderedFloat64(source, at + 1);
}

function decodeText(source: Uint8Array, at: number): string {
  const end = terminator(source, at + 1, 0);
  cursor = end + 1;
  for (let i = at + 1; i < end; i++) {
    if (source[i] !== 1) continue;
    const text = unescaped(source, at + 1, end);
    return readText(text, 0, text.length);
  }
  return readText(source, at + 1, end);
}

function decodeTuple(source: Uint8Array, at: number): unknown[] {
  const elements: unknown[] = [];
  let next = at + 1;
  while (source[next] !== 0) {
    elements.push(decodeKey(source, next));
    next = cursor;
  }
  cursor = next + 1;
  return elements;
}

/** A copy of source[from, to) with each 01 01 made 00 and each 01 02 made 01 again. */
function unescaped(source: Uint8Array, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from);
  let length = 0;
  for (let i = from; i < to; i++) {
    const byte = source[i] as number;
    bytes[length++] = byte === 1 ? (source[++i] as number) - 1 : byte;
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}
