// Text by lines, words or fields, from bytes. Lines end at LF or CRLF and nothing else; a BOM at the start of a file is no
// part of the first; bytes that are no UTF-8 become U+FFFD and are counted. Words are split exactly where /\s+/ splits.
// Besides records (`decode`) a text can deliver the byte ranges of its lines or words (`decodeBytes`), for steps that
// never need a string, and lines together with their bytes (`decodeLines`), for steps that send on what they have looked at.

import { isAscii, isUtf8 } from 'node:buffer';
import type { Format } from '@sheaf/protocol/graph';
import type { Decoder, DecoderPiece, Each, Position } from './decoder.ts';
import { PieceCursor } from './piece-cursor.ts';

/** A record as bytes[from, to) of the window it was found in, valid UTF-8. */
export type EachBytes = (from: number, to: number) => void;

/** A line, and its bytes[from, to) in the window, valid UTF-8. */
export type EachLine = (line: string, from: number, to: number) => void;

/** Takes words as bytes, many at a time. */
export interface WordTaker {
  /**
   * Takes the words of window[at, end), valid UTF-8 that ends with a line feed; gives the index of a word that it leaves to the
   * decoder, and all behind it, or `end`.
   */
  take(at: number, end: number): number;
  /** How many words were taken last. */
  readonly words: number;
}

/** Takes lines as bytes, many at a time. */
export interface LineTaker {
  /** Takes the lines of window[at, end), valid UTF-8 that ends with a line feed; gives the beginning of a line that it leaves to the decoder, or `end`. */
  take(at: number, end: number): number;
  /** How many lines were taken last. */
  readonly lines: number;
}

export type TextFormat = Extract<Format, { readonly type: 'text' }>;

const lineFeed = 10;
const carriageReturn = 13;

export class LineDecoder implements Decoder {
  invalidUtf8 = 0;

  private readonly unit: TextFormat['unit'];
  private readonly separator: string;
  private readonly pattern: RegExp | null;
  private readonly cursor: PieceCursor;
  private buffer: Buffer = Buffer.alloc(0);
  private viewed: Uint8Array | null = null;
  /** Of the current window: whether every byte is ASCII, and whether it is all valid UTF-8. */
  private ascii = false;
  private valid = false;
  /** The bytes [scannedFrom, scannedTo) of the window, a character each: finding a line feed in a string is a single quick call. */
  private scanned = '';
  private scannedFrom = 0;
  private scannedTo = 0;
  /** What takes the records of the running decode call. */
  private each: Each | null = null;
  private eachBytes: EachBytes | null = null;
  private eachLine: EachLine | null = null;
  private taker: WordTaker | null = null;
  private lineTaker: LineTaker | null = null;
  private readonly recordBytesMax: number;

  constructor(format: TextFormat, recordBytesMax: number) {
    this.unit = format.unit;
    this.separator = format.separator ?? '\t';
    // A global or sticky expression keeps a position between calls, which would skip lines.
    this.pattern = format.matching === undefined ? null : new RegExp(format.matching.source, format.matching.flags.replace(/[gy]/g, ''));
    this.recordBytesMax = recordBytesMax;
    this.cursor = new PieceCursor(recordBytesMax);
    // A line may hold no record or many, so records are counted here, and as they are delivered.
    this.cursor.position.record = 0;
  }

  /** From now on `decodeBytes` gives words to `taker`, and its `eachBytes` has only those that the taker leaves. */
  giveWords(taker: WordTaker): void {
    if (this.unit === 'word' && this.pattern === null) this.taker = taker;
  }

  /** From now on lines go to `taker`, and those that it leaves are delivered. */
  giveLines(taker: LineTaker): void {
    if (this.unit === 'line' && this.pattern === null) this.lineTaker = taker;
  }

  get position(): Position {
    return this.cursor.position;
  }

  get done(): boolean {
    return this.cursor.done;
  }

  begin(piece: DecoderPiece): number {
    return this.cursor.begin(piece);
  }

  // biome-ignore lint/complexity/useMaxParams: called for every window, an options object would be made each time.
  decode(window: Uint8Array, begin: number, end: number, final: boolean, each: Each): number {
    this.each = each;
    this.eachBytes = null;
    this.eachLine = null;
    return this.lines(window, begin, end, final);
  }

  /** As decode, but delivers byte ranges; lines or words that are no valid UTF-8 come repaired, as text, to `each`. */
  decodeBytes(window: Uint8Array, bounds: { begin: number; end: number; final: boolean }, eachBytes: EachBytes, each: Each): number {
    this.each = each;
    this.eachBytes = eachBytes;
    this.eachLine = null;
    return this.lines(window, bounds.begin, bounds.end, bounds.final);
  }

  /** As decode, but delivers each line with its bytes; what is no valid UTF-8, or no whole line, comes as text alone to `each`. */
  decodeLines(window: Uint8Array, bounds: { begin: number; end: number; final: boolean }, eachLine: EachLine, each: Each): number {
    this.each = each;
    this.eachBytes = null;
    this.eachLine = eachLine;
    return this.lines(window, bounds.begin, bounds.end, bounds.final);
  }

  private lines(window: Uint8Array, begin: number, end: number, final: boolean): number {
    const { cursor } = this;
    const origin = cursor.origin(begin);
    let at = cursor.resume(window, begin, end, final);
    if (!cursor.ready || cursor.done) return cursor.keep(begin, end, final);
    this.look(window, at, end, final);
    if (this.taker !== null && this.eachBytes !== null && this.valid) at = this.takeWords(this.taker, window, { at, end, origin });
    if (this.lineTaker !== null && this.valid) at = this.takeLines(this.lineTaker, window, { at, end, origin });
    this.scannedTo = at;
    while (at < end && !cursor.done) {
      const from = at;
      const lineEnd = this.lineEnd(from, end);
      if (lineEnd === end && !final) break;
      at = lineEnd === end ? end : lineEnd + 1;
      const to = lineEnd < end && lineEnd > from && window[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
      // Moved on before the line is delivered, so that a decode after an error starts behind it.
      cursor.advance(origin + at);
      cursor.placeLine(origin + from, to - from);
      this.line(window, from, to);
    }
    if (!cursor.done) cursor.checkSize(end - at);
    return cursor.keep(begin, end, final);
  }

  /** Gives the words of whole lines to the taker, and those that it leaves to `eachBytes`; the index behind them. */
  private takeWords(
    taker: WordTaker,
    window: Uint8Array,
    span: { readonly at: number; readonly end: number; readonly origin: number },
  ): number {
    const { cursor, buffer } = this;
    const { origin } = span;
    let { at } = span;
    // The last line may be longer than is allowed, and then so may others.
    const to = this.endOfLines(span);
    while (at < to && to - at <= this.recordBytesMax) {
      const left = taker.take(at, to);
      cursor.position.record += taker.words;
      const lineFrom = left === to ? to : Math.max(at, buffer.lastIndexOf(lineFeed, left - 1) + 1);
      const lineEnd = left === to ? to - 1 : buffer.indexOf(lineFeed, left);
      at = lineEnd + 1;
      cursor.advance(origin + at);
      if (left === to) break;
      const lineTo = buffer[lineEnd - 1] === carriageReturn && lineEnd > lineFrom ? lineEnd - 1 : lineEnd;
      cursor.placeLine(origin + lineFrom, lineTo - lineFrom);
      this.wordBytes(window, left, lineTo);
    }
    return at;
  }

  /** Gives whole lines to the taker, and delivers those that it leaves; the index behind them. */
  private takeLines(
    taker: LineTaker,
    window: Uint8Array,
    span: { readonly at: number; readonly end: number; readonly origin: number },
  ): number {
    const { cursor, buffer } = this;
    const { origin } = span;
    let { at } = span;
    const to = this.endOfLines(span);
    while (at < to) {
      const left = taker.take(at, to);
      cursor.position.record += taker.lines;
      cursor.advance(origin + left);
      if (left === to) return to;
      const lineEnd = buffer.indexOf(lineFeed, left);
      const lineTo = lineEnd > left && buffer[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
      at = lineEnd + 1;
      cursor.advance(origin + at);
      cursor.placeLine(origin + left, lineTo - left);
      this.line(window, left, lineTo);
    }
    return at;
  }

  /** Behind the last whole line of the window that is the piece's. */
  private endOfLines({ at, end, origin }: { readonly at: number; readonly end: number; readonly origin: number }): number {
    const { buffer } = this;
    const last = Math.min(end - 1, Math.max(at, this.cursor.to - 1 - origin));
    const ended = last < end - 1 ? buffer.indexOf(lineFeed, last) : -1;
    return ended >= 0 && ended < end ? ended + 1 : buffer.lastIndexOf(lineFeed, end - 1) + 1;
  }

  /** What the bytes of this window are, decided once for all its whole lines. */
  private look(window: Uint8Array, begin: number, end: number, final: boolean): void {
    if (window !== this.viewed) {
      this.viewed = window;
      this.buffer = Buffer.from(window.buffer, window.byteOffset, window.byteLength);
    }
    const whole = final ? end : begin + this.buffer.subarray(begin, end).lastIndexOf(lineFeed) + 1;
    const lines = this.buffer.subarray(begin, whole);
    this.ascii = isAscii(lines);
    this.valid = this.ascii || isUtf8(lines);
  }

  /** The next line feed from `from` on, or `end`. */
  private lineEnd(from: number, end: number): number {
    let at = from;
    for (;;) {
      if (at >= this.scannedTo) {
        if (at >= end) return end;
        this.scannedFrom = at;
        this.scannedTo = Math.min(end, at + scanBytes);
        this.scanned = this.buffer.latin1Slice(at, this.scannedTo);
      }
      const found = this.scanned.indexOf('\n', at - this.scannedFrom);
      if (found >= 0) return this.scannedFrom + found;
      at = this.scannedTo;
    }
  }

  private line(window: Uint8Array, from: number, to: number): void {
    if (this.eachBytes !== null && this.pattern === null && (this.valid || isUtf8(this.buffer.subarray(from, to)))) {
      if (this.unit === 'line') {
        this.eachBytes(from, to);
        this.cursor.position.record++;
        return;
      }
      if (this.unit === 'word') {
        this.wordBytes(window, from, to);
        return;
      }
    }
    this.lineText(from, to);
  }

  private lineText(from: number, to: number): void {
    let text: string;
    if (this.ascii) {
      text = this.buffer.latin1Slice(from, to);
    } else {
      text = this.buffer.utf8Slice(from, to);
      if (!this.valid && !isUtf8(this.buffer.subarray(from, to))) this.invalidUtf8++;
    }
    if (this.pattern !== null && !this.pattern.test(text)) return;
    const each = this.each as Each;
    if (this.unit === 'line') {
      if (this.eachLine !== null && (this.valid || isUtf8(this.buffer.subarray(from, to)))) this.eachLine(text, from, to);
      else each(text);
      this.cursor.position.record++;
    } else if (this.unit === 'fields') {
      each(text.split(this.separator));
      this.cursor.position.record++;
    } else {
      this.wordTexts(text, each);
    }
  }

  private wordTexts(text: string, each: Each): void {
    for (const word of text.split(/\s+/)) {
      if (word === '') continue;
      each(word);
      this.cursor.position.record++;
    }
  }

  private wordBytes(window: Uint8Array, from: number, to: number): void {
    const eachBytes = this.eachBytes as EachBytes;
    let start = -1;
    let at = from;
    while (at < to) {
      const byte = window[at] as number;
      let space = 0;
      if (byte < 0x80) space = byte === 32 || (byte >= 9 && byte <= 13) ? 1 : 0;
      else if (!this.ascii) space = spaceAt(window, at, to);
      if (space === 0) {
        if (start < 0) start = at;
        at++;
        continue;
      }
      if (start >= 0) {
        eachBytes(start, at);
        this.cursor.position.record++;
        start = -1;
      }
      at += space;
    }
    if (start < 0) return;
    eachBytes(start, to);
    this.cursor.position.record++;
  }
}

/** Node's own, without the argument checks of toString; there since Node 0.x and in every release, but in no type. */
declare global {
  interface Buffer {
    latin1Slice(from: number, to: number): string;
    utf8Slice(from: number, to: number): string;
  }
}

/** A piece that is searched: small enough for a string of the young generation. */
const scanBytes = 65_536;

/** Length of the white space character of several bytes at `at`, or 0: U+00A0, 1680, 2000–200A, 2028, 2029, 202F, 205F, 3000, FEFF. */
function spaceAt(window: Uint8Array, at: number, to: number): number {
  const first = window[at] as number;
  const second = at + 1 < to ? (window[at + 1] as number) : 0;
  if (first === 0xc2) return second === 0xa0 ? 2 : 0;
  const third = at + 2 < to ? (window[at + 2] as number) : 0;
  if (first === 0xe1) return second === 0x9a && third === 0x80 ? 3 : 0;
  if (first === 0xe2) {
    if (second === 0x80) return (third >= 0x80 && third <= 0x8a) || third === 0xa8 || third === 0xa9 || third === 0xaf ? 3 : 0;
    return second === 0x81 && third === 0x9f ? 3 : 0;
  }
  if (first === 0xe3) return second === 0x80 && third === 0x80 ? 3 : 0;
  if (first === 0xef) return second === 0xbb && third === 0xbf ? 3 : 0;
  return 0;
}

export function textDecoder(format: TextFormat, recordBytesMax: number): LineDecoder {
  return new LineDecoder(format, recordBytesMax);
}
