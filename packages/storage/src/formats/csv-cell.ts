// One csv cell, from its bytes to the value of its column. The usual spellings of numbers are read straight from the bytes;
// everything else goes through the text.

import type { Column } from '@sheaf/protocol/graph';
import { decodeCell } from './columns.ts';
import { cellKind } from './csv-row.ts';

/** The text of a cell; `ascii` when all bytes of the window are. */
export function cellText(bytes: Buffer, from: number, to: number, kind: number, ascii: boolean): string {
  if (from === to) return '';
  const text = bytes.toString(ascii ? 'latin1' : 'utf8', from, to);
  return kind === cellKind.doubled ? text.replaceAll('""', '"') : text;
}

/** The value of a cell of a column. Throws BadRecord when it does not fit. */
export function cellValue(column: Column, bytes: Buffer, from: number, to: number, kind: number, ascii: boolean): unknown {
  const { type } = column;
  if (type === 'number' || type === 'integer') {
    const value = decimalAt(bytes, from, to, type === 'integer' ? 0 : 1);
    if (value === value) return value;
  } else if (type === 'text' && from !== to) return cellText(bytes, from, to, kind, ascii);
  return decodeCell(column, cellText(bytes, from, to, kind, ascii));
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
