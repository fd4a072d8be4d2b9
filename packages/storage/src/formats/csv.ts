// Comma-separated values: RFC 4180 rows, a header per file, and of each row only the columns that are asked for.
// What must stay true: cells are never trimmed; a row with too many or too few cells is a bad record, not a shifted one;
// a piece that starts inside a file reads with the header of that file, which it takes from the file's head.

import { isAscii, isUtf8 } from 'node:buffer';
import { limits, UsageError } from '@sheaf/protocol';
import type { Column, Format } from '@sheaf/protocol/graph';
import { rowMaker } from './columns.ts';
import { cellText, cellValue, type ScannedRow } from './csv-cell.ts';
import { CsvQuotes } from './csv-quotes.ts';
import { rowHead, rowProblem, rowTable, scanCsvRow } from './csv-row.ts';
import { BadRecord, type Decoder, type DecoderPiece, type Each, type Position, type Refused } from './decoder.ts';
import { PieceCursor } from './piece-cursor.ts';
import { type Validate, validated } from './validate.ts';

const LF = 10;
const firstHeadBytes = 65_536;

export interface CsvDecoderOptions {
  readonly format: Extract<Format, { type: 'csv' }>;
  readonly validate: Validate | null;
  readonly recordBytesMax: number;
  /** null: a bad row is thrown. */
  readonly refused: Refused | null;
  /** The first bytes of a plain file, at most `limit`: the header, for pieces that start behind it. */
  readonly readHead: (path: string, limit: number) => Uint8Array;
}

/** A decoder of csv rows. Throws UsageError for a separator that is none. */
export function csvDecoder(options: CsvDecoderOptions): CsvDecoder {
  return new CsvDecoder(options);
}

/** The byte of a separator; one ASCII character that is no quote and no line end. */
export function separatorByte(separator: string): number {
  const byte = separator.charCodeAt(0);
  if (separator.length !== 1 || byte > 127 || byte === 34 || byte === 10 || byte === 13) {
    throw new UsageError(`csv separator ${JSON.stringify(separator)}: one ASCII character is needed, no quote and no line end`);
  }
  return byte;
}

/** Takes rows as bytes, where nobody needs a record. */
export interface RowTaker {
  /** From here on rows have so many cells, and the columns stand in these places of them. */
  layout(cells: number, places: Int32Array): void;
  /**
   * Takes rows of window[at, end), valid UTF-8 that ends with a line feed, from `at` on while they begin before `stop`, and
   * gives the index behind the last one. It leaves to the decoder whatever it does not take: the row is decoded as ever.
   */
  take(at: number, stop: number, end: number): number;
  /** How many rows were taken last. */
  readonly rows: number;
}

/** What a header makes of rows. */
interface Layout {
  /** Cells a row must have; null when nothing says so. */
  readonly cells: number | null;
  /** For each column its cell. */
  readonly places: Int32Array;
  readonly makeRow: ((cells: readonly unknown[]) => object) | null;
}

export class CsvDecoder implements Decoder {
  readonly invalidUtf8 = 0;
  private readonly cursor: PieceCursor;
  private readonly options: CsvDecoderOptions;
  private readonly columns: readonly Column[] | null;
  private readonly separator: number;
  private readonly multilineFlag: number;
  /** Rows of a length that no header has told yet. */
  private readonly wideTable: Int32Array = rowTable(limits.csvColumnsMax);
  private table: Int32Array = this.wideTable;
  /** null: the header is still to come. */
  private layout: Layout | null = null;
  private headerElsewhere = false;
  /** Offset behind a header that was taken from the file's head; blank lines may stand before it. */
  private headerTo = 0;
  private scratch: unknown[] = [];
  private taker: RowTaker | null = null;

  constructor(options: CsvDecoderOptions) {
    this.options = options;
    this.cursor = new PieceCursor(options.recordBytesMax);
    this.columns = options.format.columns;
    this.separator = separatorByte(options.format.separator);
    this.multilineFlag = options.format.multiline ? 2 : 0;
    if (options.format.header !== true) this.layout = this.layoutWithoutHeader(options.format.header);
  }

  /** From now on rows go to `taker` where it takes them. It is for columns without a schema, and bad rows are thrown. */
  giveRows(taker: RowTaker): void {
    if (this.columns === null || this.options.validate !== null || this.options.refused !== null)
      throw new Error('rows are asked for as records');
    this.taker = taker;
    if (this.layout !== null) this.tellLayout(this.layout);
  }

  get position(): Position {
    return this.cursor.position;
  }

  get done(): boolean {
    return this.cursor.done;
  }

  begin(piece: DecoderPiece): number {
    if (this.options.format.header === true) {
      this.layout = null;
      this.table = this.wideTable;
      this.headerElsewhere = piece.from > 0;
      this.headerTo = 0;
    }
    return this.cursor.begin(piece, piece.startsInside === true ? new CsvQuotes(this.separator, true) : null);
  }

  // biome-ignore lint/complexity/useMaxParams: called for every window, an options object would be made each time.
  decode(window: Uint8Array, begin: number, end: number, final: boolean, each: Each): number {
    const { cursor } = this;
    const { refused } = this.options;
    const origin = cursor.origin(begin);
    let at = cursor.resume(window, begin, end, final);
    if (!cursor.ready || cursor.done) return cursor.keep(begin, end, final);
    if (this.headerElsewhere) this.takeHeaderFromHead();
    const bytes = Buffer.from(window.buffer, window.byteOffset, end);
    const wholeTo = final ? end : bytes.lastIndexOf(LF) + 1;
    const encoding = at < wholeTo ? encodingOf(bytes.subarray(at, wholeTo)) : 'ascii';
    const flags = (final ? 1 : 0) | this.multilineFlag;
    const taken = final ? bytes.lastIndexOf(LF) + 1 : wholeTo;
    while (at < wholeTo && !cursor.done) {
      if (at < taken && encoding !== 'mixed') at = this.take(at, origin, taken);
      if (at >= wholeTo || cursor.done) break;
      const from = at;
      const next = scanCsvRow(window, from, end, this.separator, flags, this.table);
      if (next < 0) break;
      at = next;
      cursor.advance(origin + next);
      if (this.table[rowHead.cells] === 0 || origin + from < this.headerTo) continue;
      const row = { table: this.table, bytes, ascii: encoding === 'ascii' };
      const doubtful = encoding === 'mixed';
      const record = refused === null ? this.row(row, from, origin, doubtful) : this.rowUnlessBad(row, from, origin, doubtful);
      if (record !== null) each(record);
    }
    if (!cursor.done) cursor.checkSize(end - at, bytes.indexOf(34, at) >= 0 ? ' (is a quote never closed?)' : '');
    return cursor.keep(begin, end, final);
  }

  /** Has rows taken as bytes, and gives the index behind them. */
  private take(at: number, origin: number, end: number): number {
    const { cursor, taker } = this;
    if (taker === null || this.layout === null || origin + at < this.headerTo) return at;
    const next = taker.take(at, Math.min(end, cursor.to - origin), end);
    cursor.pass(origin + next, taker.rows);
    return next;
  }

  private tellLayout({ cells, places }: Layout): void {
    if (cells !== null) this.taker?.layout(cells, places);
  }

  /** The record of a row; null for a header. `doubtful`: its bytes may be no UTF-8. */
  private row(row: ScannedRow, from: number, origin: number, doubtful: boolean): unknown {
    const { cursor, layout } = this;
    const { table } = row;
    const stop = table[rowHead.stop] as number;
    if (layout === null) {
      this.takeHeader(row, from, origin);
      return null;
    }
    cursor.place(origin + from, stop - from);
    if (table[rowHead.problem] !== rowProblem.none) throw this.broken(origin);
    if (doubtful && !isUtf8(row.bytes.subarray(from, stop))) throw new BadRecord('its bytes are no UTF-8');
    const count = table[rowHead.cells] as number;
    if (layout.cells !== null && count !== layout.cells) {
      throw new BadRecord(`has ${counted(count)} where the header has ${layout.cells}`);
    }
    const record = this.columns === null ? textRow(row, layout) : this.typedRow(row, layout, this.columns);
    const { validate } = this.options;
    return validate === null ? record : validated(validate, record);
  }

  /** As `row`; null for one that was refused too. A header that cannot be read, or a quote that swallowed the file, is thrown. */
  private rowUnlessBad(row: ScannedRow, from: number, origin: number, doubtful: boolean): unknown {
    const { multilineFlag, table } = this;
    try {
      return this.row(row, from, origin, doubtful);
    } catch (error) {
      const swallowed = multilineFlag !== 0 && table[rowHead.problem] === rowProblem.unterminated;
      if (!(error instanceof BadRecord) || this.layout === null || swallowed) throw error;
      this.cursor.placeLine(origin + from, (table[rowHead.stop] as number) - from);
      this.options.refused?.(error);
      return null;
    }
  }

  private typedRow(row: ScannedRow, layout: Layout, columns: readonly Column[]): object {
    const { scratch } = this;
    for (let i = 0; i < columns.length; i++) scratch[i] = cellValue(columns[i] as Column, row, layout.places[i] as number);
    return (layout.makeRow as NonNullable<Layout['makeRow']>)(scratch);
  }

  /** The row in the table is the header of the file. A broken one ends the piece: no row of it could be read. */
  private takeHeader(row: ScannedRow, from: number, origin: number): void {
    const stop = this.table[rowHead.stop] as number;
    this.cursor.placeHeader(origin + from, stop - from);
    const { done } = this.cursor;
    // Set first, so that a decode() after a throw finds the piece at its end.
    this.cursor.done = true;
    if (this.table[rowHead.problem] !== rowProblem.none) throw this.broken(origin);
    if (!isUtf8(row.bytes.subarray(from, stop))) throw new BadRecord('the header is no UTF-8');
    this.layout = this.layoutOf(texts(row));
    this.tellLayout(this.layout);
    this.cursor.done = done;
  }

  private takeHeaderFromHead(): void {
    this.headerElsewhere = false;
    const { readHead } = this.options;
    for (let limit = firstHeadBytes; ; limit *= 4) {
      const head = readHead(this.cursor.position.file, limit);
      const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
      const flags = (head.length < limit ? 1 : 0) | this.multilineFlag;
      let from = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
      let next = scanCsvRow(head, from, head.length, this.separator, flags, this.table);
      while (next > 0 && next < head.length && this.table[rowHead.cells] === 0) {
        from = next;
        next = scanCsvRow(head, from, head.length, this.separator, flags, this.table);
      }
      if (next > 0) {
        this.headerTo = next;
        return this.takeHeader({ table: this.table, bytes, ascii: false }, from, 0);
      }
      this.cursor.checkSize(head.length);
    }
  }

  private layoutOf(header: readonly string[]): Layout {
    const twice = header.find((name, i) => header.indexOf(name) !== i && (this.columns?.some(column => column.name === name) ?? true));
    if (twice !== undefined) throw new BadRecord(`the header has the column ${JSON.stringify(twice)} twice`);
    const names = this.columns?.map(column => column.name) ?? header;
    const places = names.map(name => header.indexOf(name));
    const missing = names.filter((_, i) => (places[i] as number) < 0);
    if (missing.length > 0) {
      throw new BadRecord(`the header has no column ${missing.join(', ')}; it has ${listed(header)}`);
    }
    this.table = rowTable(header.length);
    this.scratch = new Array(names.length).fill(null);
    return { cells: header.length, places: Int32Array.from(places), makeRow: rowMaker(names) };
  }

  /** Names from the job, or columns by position; without columns either a row is the list of its cells. */
  private layoutWithoutHeader(header: false | readonly string[]): Layout {
    const names = header === false ? this.columns?.map(column => column.name) : header;
    if (names === undefined) return { cells: null, places: new Int32Array(0), makeRow: null };
    try {
      return this.layoutOf(names);
    } catch (error) {
      // The job's own list, not a file's first line.
      throw error instanceof BadRecord ? new UsageError(`csv: ${error.message}`, { cause: error }) : error;
    }
  }

  private broken(origin: number): BadRecord {
    const { position } = this.cursor;
    const place = origin + (this.table[rowHead.place] as number);
    switch (this.table[rowHead.problem]) {
      case rowProblem.quoteInCell:
        return new BadRecord(`a quote stands inside a cell that is not quoted (byte ${place}): quote the cell and write the quote twice`);
      case rowProblem.textAfterQuote:
        return new BadRecord(`text follows the closing quote of a cell (byte ${place})`);
      default:
        position.length -= place - position.offset;
        position.offset = place;
        return new BadRecord(`the quote that opens here is never closed${this.unclosed()}`);
    }
  }

  private unclosed(): string {
    if (this.multilineFlag === 0) return ' on its line';
    if (this.options.refused === null) return '';
    return ', and so it is not known where the next row begins and the row cannot be skipped: close it, or say multiline: false if no cell has a line break';
  }
}

function textRow(row: ScannedRow, layout: Layout): object {
  const cells = texts(row);
  return layout.makeRow === null ? cells : layout.makeRow(cells);
}

function texts(row: ScannedRow): string[] {
  const count = row.table[rowHead.cells] as number;
  if (count > limits.csvColumnsMax) throw new BadRecord(`has ${counted(count)}, more than ${limits.csvColumnsMax}`);
  const cells: string[] = [];
  for (let place = 0; place < count; place++) cells.push(cellText(row, place));
  return cells;
}

type Encoding = 'ascii' | 'utf8' | 'mixed';

function encodingOf(rows: Uint8Array): Encoding {
  if (isAscii(rows)) return 'ascii';
  return isUtf8(rows) ? 'utf8' : 'mixed';
}

function counted(cells: number): string {
  return cells === 1 ? '1 cell' : `${cells} cells`;
}

function listed(names: readonly string[]): string {
  const text = names.join(', ');
  return text.length <= 500 ? text : `${text.slice(0, 500)}…`;
}
