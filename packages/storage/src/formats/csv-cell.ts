// The cells of one csv row, from their bytes to the values of their columns. The usual spellings of numbers are read straight
// from the bytes; everything else goes through the text.

import type { Column } from '@sheaf/protocol/graph';
import { decodeCell } from './columns.ts';
import { cellKind, rowHead } from './csv-row.ts';

/** A row that scanCsvRow has put into `table`, in the bytes it was found in. */
export interface ScannedRow {
  table: Int32Array;
  bytes: Buffer;
  /** All bytes are ASCII. */
  ascii: boolean;
}

/** The text of the cell at a place in the row. */
export function cellText(row: ScannedRow, place: number): string {
  const { table } = row;
  const slot = rowHead.size + 3 * place;
  const from = table[slot] as number;
  const to = table[slot + 1] as number;
  if (from === to) return '';
  const text = row.ascii ? row.bytes.latin1Slice(from, to) : row.bytes.utf8Slice(from, to);
  return table[slot + 2] === cellKind.doubled ? text.replaceAll('""', '"') : text;
}

/** The value of the cell of a column. Throws BadRecord when it does not fit. */
export function cellValue(column: Column, row: ScannedRow, place: number): unknown {
  const { type } = column;
  if (type === 'number' || type === 'integer') {
    const { table } = row;
    const slot = rowHead.size + 3 * place;
    const value = decimalAt(row.bytes, table[slot] as number, table[slot + 1] as number, type === 'integer' ? 0 : 1);
    if (!Number.isNaN(value)) return value;
  }
  const text = cellText(row, place);
  return type === 'text' && text !== '' ? text : decodeCell(column, text);
}

/**
 * A number of at most 15 digits as JSON spells it, with at most one fraction (`fractions` 1) and no exponent: exact, as both
 * the digits and the power of ten are doubles without error and one division rounds once. NaN: not such a spelling.
 */
export function decimalAt(bytes: Uint8Array, from: number, to: number, fractions: number): number {
  let at = from;
  const negative = bytes[at] === 45;
  if (negative) at++;
  if (at >= to || to - at > 16) return Number.NaN;
  let digits = 0;
  let point = -1;
  const start = at;
  for (; at < to; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
    else if (digit === -2 && point < 0 && fractions > 0 && at > start) point = at;
    else return Number.NaN;
  }
  const whole = (point < 0 ? to : point) - start;
  const fraction = point < 0 ? 0 : to - point - 1;
  if (whole + fraction > 15 || (whole > 1 && bytes[start] === 48) || (point >= 0 && fraction === 0)) return Number.NaN;
  const value = fraction === 0 ? digits : digits / (powersOfTen[fraction] as number);
  return negative ? -value : value;
}

const powersOfTen: readonly number[] = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);
