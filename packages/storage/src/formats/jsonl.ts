// JSON lines: one value a line; blank lines are skipped, BOM and CRLF accepted, bytes that are no UTF-8 make a bad record.
// With columns only these are kept, each checked against its type.

import { isAscii, isUtf8 } from 'node:buffer';
import type { Column } from '@sheaf/protocol/graph';
import { decodeMember, rowMaker } from './columns.ts';
import { BadRecord, type Decoder, type DecoderPiece, type Each, type Position, type Refused } from './decoder.ts';
import { numberLiteral } from './json-literal.ts';
import { PieceCursor } from './piece-cursor.ts';
import type { Validate } from './validate.ts';
import { validated } from './validate.ts';

const LF = 10;
const CR = 13;

/** In the place of a record that was refused. */
const bad = Symbol('bad record');

export interface JsonlOptions {
  readonly columns: readonly Column[] | null;
  readonly validate: Validate | null;
  readonly recordBytesMax: number;
  /** null: a bad record is thrown. */
  readonly refused: Refused | null;
}

/** A decoder of JSON lines. */
export function jsonlDecoder(options: JsonlOptions): Decoder {
  return new JsonlDecoder(options);
}

class JsonlDecoder implements Decoder {
  readonly invalidUtf8 = 0;
  private readonly cursor: PieceCursor;
  private readonly options: JsonlOptions;
  private readonly makeRow: (cells: readonly unknown[]) => object;

  constructor(options: JsonlOptions) {
    this.options = options;
    this.cursor = new PieceCursor(options.recordBytesMax);
    this.makeRow = rowMaker((options.columns ?? []).map(column => column.name));
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
    const { cursor } = this;
    const { refused } = this.options;
    const origin = cursor.origin(begin);
    let at = cursor.resume(window, begin, end, final);
    if (!cursor.ready || cursor.done) return cursor.keep(begin, end, final);
    const bytes = Buffer.from(window.buffer, window.byteOffset, end);
    const wholeTo = final ? end : bytes.lastIndexOf(LF) + 1;
    const encoding = at < wholeTo ? encodingOf(bytes.subarray(at, wholeTo)) : 'ascii';
    while (at < wholeTo && !cursor.done) {
      const lineEnd = bytes.indexOf(LF, at);
      const stop = lineEnd < 0 ? wholeTo : lineEnd;
      const lineTo = lineEnd > at && bytes[lineEnd - 1] === CR ? lineEnd - 1 : stop;
      const from = at;
      at = lineEnd < 0 ? wholeTo : lineEnd + 1;
      cursor.advance(origin + at);
      if (isBlank(bytes, from, lineTo)) continue;
      cursor.place(origin + from, lineTo - from);
      if (refused === null) {
        each(this.record(bytes, from, lineTo, encoding));
        continue;
      }
      const record = this.recordUnlessBad(refused, () => this.record(bytes, from, lineTo, encoding));
      if (record !== bad) each(record);
    }
    if (!cursor.done) cursor.checkSize(end - at);
    return cursor.keep(begin, end, final);
  }

  private recordUnlessBad(refused: Refused, read: () => unknown): unknown {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      refused(error);
      return bad;
    }
  }

  private record(bytes: Buffer, from: number, to: number, encoding: Encoding): unknown {
    if (encoding === 'mixed' && !isUtf8(bytes.subarray(from, to))) throw new BadRecord('its bytes are no UTF-8');
    const text = encoding === 'ascii' ? bytes.toString('latin1', from, to) : bytes.toString('utf8', from, to);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new BadRecord(`is no JSON: ${(error as Error).message}`, { cause: error });
    }
    const { columns, validate } = this.options;
    const picked = columns === null ? value : this.pick(value, columns, text);
    return validate === null ? picked : validated(validate, picked);
  }

  private pick(value: unknown, columns: readonly Column[], text: string): object {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new BadRecord('is no JSON object, and so has no columns');
    }
    const cells = columns.map(column => {
      const member = Object.hasOwn(value, column.name) ? (value as Record<string, unknown>)[column.name] : undefined;
      return decodeMember(column, member, () => numberLiteral(text, column.name));
    });
    return this.makeRow(cells);
  }
}

/** One look at all whole lines of a window saves one a line: 'mixed' holds a line that is no UTF-8. */
type Encoding = 'ascii' | 'utf8' | 'mixed';

function encodingOf(lines: Uint8Array): Encoding {
  if (isAscii(lines)) return 'ascii';
  return isUtf8(lines) ? 'utf8' : 'mixed';
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x09 && byte !== CR) return false;
  }
  return true;
}
