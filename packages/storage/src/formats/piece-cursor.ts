// Where a decoder of a line format stands in its piece; what text, jsonl and csv share. The rules of pieces:
//   a line belongs to the piece in which its first byte lies (the BOM counts as the start of the first line);
//   a piece with from > 0 starts reading at from − 1 and skips to behind the first line end, which is just that byte when the
//   line before ends there; a line ends at LF or CRLF.
// Where that line end stands inside quotes (csv, as a scan has found), the skip ends at the first one outside.
// The cursor keeps two offsets of the file: `kept`, the byte that window[begin] will be, and `next`, behind the last record
// that was delivered or refused. They differ only after a decode() that threw, so that the next one goes on behind it.

import { FailureError } from '@sheaf/protocol';
import type { CsvQuotes } from './csv-quotes.ts';
import type { DecoderPiece, Position } from './decoder.ts';

const LF = 10;

export class PieceCursor {
  readonly position: Position = { file: '', offset: 0, length: 0, record: -1 };
  done = true;
  /** Offset of the first byte that no record has taken yet. */
  next = 0;
  private kept = 0;
  /** The piece's end: what begins there is another piece's. */
  to = 0;
  private records = 0;
  private readonly recordBytesMax: number;
  private state: 'skip' | 'skip-quoted' | 'byte-order-mark' | 'records' = 'records';
  private quotes: CsvQuotes | null = null;

  constructor(recordBytesMax: number) {
    this.recordBytesMax = recordBytesMax;
  }

  /** `quotes`: the skip goes on from inside quotes. */
  begin(piece: DecoderPiece, quotes: CsvQuotes | null = null): number {
    this.quotes = quotes;
    this.position.file = piece.file;
    this.to = piece.to;
    this.done = piece.from >= piece.to;
    this.state = piece.from > 0 ? 'skip' : 'byte-order-mark';
    this.next = Math.max(0, piece.from - 1);
    this.kept = this.next;
    return this.next;
  }

  /** File offset of window[0], when window[begin] is the byte that was asked for. */
  origin(begin: number): number {
    return this.kept - begin;
  }

  /** Index at which records go on: behind the last one, and behind what stands before the first of the piece. */
  resume(window: Uint8Array, begin: number, end: number, final: boolean): number {
    const origin = this.kept - begin;
    let at = this.next - origin;
    if (this.state === 'skip') {
      while (at < end && window[at] !== LF) at++;
      if (at < end) this.state = this.quotes === null ? 'records' : 'skip-quoted';
      at = Math.min(at + 1, end);
      this.advance(origin + at);
    }
    if (this.state === 'skip-quoted') {
      const row = this.quotes?.passToRow(window, at, end) ?? at;
      if (row >= 0) this.state = 'records';
      at = row >= 0 ? row : end;
      this.advance(origin + at);
    } else if (this.state === 'byte-order-mark' && (end - at >= 3 || final)) {
      if (window[at] === 0xef && window[at + 1] === 0xbb && window[at + 2] === 0xbf && at + 3 <= end) at += 3;
      this.next = origin + at;
      this.state = 'records';
    }
    return at;
  }

  /** False while bytes are missing before the first record can be told. */
  get ready(): boolean {
    return this.state === 'records';
  }

  /** Says that everything before an offset is dealt with; a line that starts there may be another piece's. */
  advance(next: number): void {
    this.next = next;
    if (next >= this.to) this.done = true;
  }

  /** Says that so many records before an offset have been dealt with. */
  pass(next: number, records: number): void {
    this.records += records;
    this.advance(next);
  }

  /** Names the record at [offset, offset + length) before it is delivered or refused. */
  place(offset: number, length: number): void {
    this.position.record = this.records++;
    this.placeLine(offset, length);
  }

  /** Names a line of which the decoder itself counts the records. */
  placeLine(offset: number, length: number): void {
    this.position.offset = offset;
    this.position.length = length;
    if (length > this.recordBytesMax) throw tooLarge(this.position.file, offset, this.recordBytesMax);
  }

  /** Names what is no whole record but may be refused like one: a header, the beginning of a record. */
  placeHeader(offset: number, length: number): void {
    this.position.offset = offset;
    this.position.length = length;
    this.position.record = this.records;
  }

  /** Ends a decode(): gives the index of the first byte that is still needed. */
  keep(begin: number, end: number, final: boolean): number {
    const at = this.next - this.kept + begin;
    if (final && at >= end) this.done = true;
    this.kept = this.next;
    return at;
  }

  /** Refuses a record that has not ended within the limit and a line end. */
  checkSize(bytes: number, hint = ''): void {
    if (bytes <= this.recordBytesMax + 2) return;
    this.placeHeader(this.next, bytes);
    throw tooLarge(this.position.file, this.next, this.recordBytesMax, hint);
  }
}

export function tooLarge(file: string, offset: number, recordBytesMax: number, hint = ''): FailureError {
  const message = `a record is larger than ${recordBytesMax} bytes, a quarter of settings.memoryMb${hint}: raise settings.memoryMb`;
  return new FailureError({ code: 'E_RECORD_TOO_LARGE', message, record: { file, offset } });
}
