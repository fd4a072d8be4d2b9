// Csv sinks: a header in every part, rows of the same columns, LF, quotes only where they are needed.
// What must stay true: a file that this writes is read back by the csv decoder as the same cells.

import { separatorByte } from './csv.ts';
import { BadOutputRecord, type ByteSink, type Encoder } from './encoder.ts';
import { base64 } from './json-text.ts';
import { checked } from './text-encoder.ts';

/** An encoder of csv rows. `columns` null: the keys of the first record. Throws UsageError for a separator that is none. */
export function csvEncoder(options: { readonly columns: readonly string[] | null; readonly separator: string }): Encoder {
  separatorByte(options.separator);
  return new CsvEncoder(options.columns, options.separator);
}

class CsvEncoder implements Encoder {
  readonly extension = '.csv';
  private columns: readonly string[] | null;
  private readonly separator: string;
  private readonly needsQuotes: RegExp;
  private readonly plainNumbers: boolean;
  private known: ReadonlySet<string>;
  private headerWritten = false;

  constructor(columns: readonly string[] | null, separator: string) {
    this.columns = columns;
    this.known = new Set(columns ?? []);
    this.separator = separator;
    this.plainNumbers = !/[-+.e\d]/.test(separator);
    // A BOM in quotes is not taken for one.
    this.needsQuotes = new RegExp(`["\\r\\n\\ufeff${separator.replace(/[\\\]^-]/, '\\$&')}]`);
  }

  begin(sink: ByteSink): void {
    if (this.columns !== null) this.writeHeader(this.columns, sink);
  }

  write(record: unknown, sink: ByteSink): void {
    if (!isRecord(record)) throw new BadOutputRecord('to.csv writes objects, whose keys are the columns');
    this.columns ??= this.columnsOf(record);
    const { columns } = this;
    let at = 0;
    for (const name in record) {
      // Most records have their keys in the order of the columns.
      if (name !== columns[at++] && !this.known.has(name))
        throw new BadOutputRecord(`has the key ${JSON.stringify(name)}, the columns are ${columns.join(', ')}`);
    }
    const row = this.row(columns, record);
    this.writeHeader(columns, sink);
    sink.text(row);
  }

  savepoint(): () => void {
    const { columns, known, headerWritten } = this;
    return () => {
      this.columns = columns;
      this.known = known;
      this.headerWritten = headerWritten;
    };
  }

  private columnsOf(record: Readonly<Record<string, unknown>>): readonly string[] {
    const columns = Object.keys(record);
    if (columns.length === 0) throw new BadOutputRecord('the first record has no keys, and so there are no columns');
    this.known = new Set(columns);
    return columns;
  }

  private writeHeader(columns: readonly string[], sink: ByteSink): void {
    if (this.headerWritten) return;
    this.headerWritten = true;
    const cells = columns.map(name => this.quoted(name));
    sink.text(cells.length === 1 ? `${cells[0] || '""'}\n` : `${cells.join(this.separator)}\n`);
  }

  private row(columns: readonly string[], record: Readonly<Record<string, unknown>>): string {
    // The row of one empty cell would be a blank line, which readers skip.
    if (columns.length === 1) return `${this.cell(columns[0] as string, record) || '""'}\n`;
    let row = '';
    for (let i = 0; i < columns.length; i++) {
      if (i > 0) row += this.separator;
      row += this.cell(columns[i] as string, record);
    }
    return `${row}\n`;
  }

  private cell(name: string, record: Readonly<Record<string, unknown>>): string {
    const value = record[name];
    // A number's text needs quotes only where the separator is a part of it.
    if (typeof value === 'number' && this.plainNumbers && Number.isFinite(value)) return String(value);
    return this.quoted(this.value(name, value));
  }

  private quoted(cell: string): string {
    return this.needsQuotes.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  }

  private value(name: string, value: unknown): string {
    switch (typeof value) {
      case 'string':
        return checked(value);
      case 'number':
        if (!Number.isFinite(value)) throw new BadOutputRecord(`${name} is ${value}, which csv cannot hold`);
        return String(value);
      case 'bigint':
      case 'boolean':
        return String(value);
      case 'undefined':
        return '';
      case 'object':
        if (value === null) return '';
        if (value instanceof Uint8Array) return base64(value);
        if (value instanceof Date) {
          if (Number.isNaN(value.getTime())) throw new BadOutputRecord(`${name} is an invalid date`);
          return value.toISOString();
        }
    }
    throw new BadOutputRecord(`${name} is ${typeof value === 'object' ? 'an object' : `a ${typeof value}`}, which csv cannot hold`);
  }
}

function isRecord(record: unknown): record is Readonly<Record<string, unknown>> {
  return (
    typeof record === 'object' && record !== null && !Array.isArray(record) && !(record instanceof Date) && !ArrayBuffer.isView(record)
  );
}
