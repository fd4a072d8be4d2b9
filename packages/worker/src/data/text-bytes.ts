// Text as UTF-8 bytes inside a larger array, without a view or a string per call. Short texts are handled in JavaScript,
// where a call into Node costs more than the loop; long ones by Node, through a Buffer over the same memory.

/** Up to this length a loop beats the call into Node. */
const loopBytesMax = 12;

let viewed: Uint8Array = new Uint8Array(0);
let view: Buffer = Buffer.from(viewed.buffer);

/** Node's text functions for an array: a Buffer over the same bytes, remembered, since calls come in runs on one memory. */
export function bufferOver(bytes: Uint8Array): Buffer {
  if (bytes !== viewed) {
    viewed = bytes;
    view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  return view;
}

/** How many bytes `text` has in UTF-8; -1 when it has a lone surrogate, which UTF-8 cannot hold. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    if (code < 0x800) {
      bytes += 1;
    } else {
      // A pair of surrogates is four bytes for two units, any other unit three for one: two more either way.
      bytes += 2;
      if (code >= 0xd800 && code <= 0xdfff) {
        if (!isPair(code, text.charCodeAt(i + 1))) return -1;
        i++;
      }
    }
  }
  return bytes;
}

/** A leading surrogate and a trailing one behind it. */
export function isPair(first: number, second: number): boolean {
  return first >= 0xd800 && first <= 0xdbff && second >= 0xdc00 && second <= 0xdfff;
}

/** No lone surrogate: UTF-8 can hold it. */
export function isWellFormed(text: string): boolean {
  // In Node 20 already; the type is in a later library of TypeScript than the one that is compiled against.
  return (text as string & { isWellFormed(): boolean }).isWellFormed();
}

/** Writes a text that has room and no lone surrogates (utf8Length says both). Gives its end. */
export function writeUtf8(text: string, target: Uint8Array, at: number): number {
  let to = at;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) target[to++] = code;
    else if (code < 0xd800 || code > 0xdfff) to = writeCodePoint(code, target, to);
    else to = writeCodePoint(pointOfPair(code, text.charCodeAt(++i)), target, to);
  }
  return to;
}

/** The code point of a leading and a trailing surrogate. */
export function pointOfPair(first: number, second: number): number {
  return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
}

/** Writes one code point that is not ASCII; there must be room for its two to four bytes. Gives their end. */
export function writeCodePoint(point: number, target: Uint8Array, at: number): number {
  if (point < 0x800) {
    target[at] = 0xc0 | (point >>> 6);
    target[at + 1] = 0x80 | (point & 0x3f);
    return at + 2;
  }
  if (point < 0x10000) {
    target[at] = 0xe0 | (point >>> 12);
    target[at + 1] = 0x80 | ((point >>> 6) & 0x3f);
    target[at + 2] = 0x80 | (point & 0x3f);
    return at + 3;
  }
  target[at] = 0xf0 | (point >>> 18);
  target[at + 1] = 0x80 | ((point >>> 12) & 0x3f);
  target[at + 2] = 0x80 | ((point >>> 6) & 0x3f);
  target[at + 3] = 0x80 | (point & 0x3f);
  return at + 4;
}

/** The text of valid UTF-8 bytes. */
export function readText(source: Uint8Array, from: number, to: number): string {
  if (to - from > loopBytesMax) return bufferOver(source).toString('utf8', from, to);
  for (let i = from; i < to; i++) {
    if ((source[i] as number) >= 0x80) return bufferOver(source).toString('utf8', from, to);
  }
  return readAscii(source, from, to);
}

/** The text of ASCII bytes, four characters a call; meant for short ones. */
export function readAscii(source: Uint8Array, from: number, to: number): string {
  let text = '';
  let at = from;
  for (; at + 4 <= to; at += 4) {
    text += String.fromCharCode(source[at] as number, source[at + 1] as number, source[at + 2] as number, source[at + 3] as number);
  }
  const left = to - at;
  if (left === 1) return text + String.fromCharCode(source[at] as number);
  if (left === 2) return text + String.fromCharCode(source[at] as number, source[at + 1] as number);
  if (left === 3) return text + String.fromCharCode(source[at] as number, source[at + 1] as number, source[at + 2] as number);
  return text;
}
