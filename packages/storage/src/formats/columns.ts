// Columns by name and type: text cells (csv) and JSON values (jsonl) become the typed values of a row.
// number and integer are spelled as JSON spells them, booleans true and false, dates ISO 8601 (without a zone: UTC), bytes
// base64. What does not fit is a BadRecord that says the column, what was expected and what was found.

import { limits } from '@sheaf/protocol';
import type { Column, ColumnType } from '@sheaf/protocol/graph';
import { BadRecord } from './decoder.ts';

/** Makes rows of one shape from cells in the order of the names: the literal keeps V8's object shape the same for all. */
export function rowMaker(names: readonly string[]): (cells: readonly unknown[]) => object {
  // A literal `"__proto__": v` would set the prototype; the computed spelling makes a property.
  const members = names.map((name, i) => `${name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)}: cells[${i}]`);
  return new Function('cells', `return { ${members.join(', ')} };`) as (cells: readonly unknown[]) => object;
}

/** The value of a text cell. An empty cell is null for an optional column and '' for text. */
export function decodeCell(column: Column, cell: string): unknown {
  if (cell === '' && column.optional) return null;
  const value = cellDecoders[column.type](cell);
  if (value === undefined) throw refused(column, cell);
  return value;
}

/** The value of a member of a JSON object; `literal` gives the digits of a number too large for a double. */
export function decodeMember(column: Column, value: unknown, literal: () => string | null): unknown {
  if (value === undefined || value === null) {
    if (column.optional) return null;
    throw refused(column, value);
  }
  const decoded = memberOf(column.type, value, literal);
  if (decoded === undefined) throw refused(column, value);
  return decoded;
}

function memberOf(type: ColumnType, value: unknown, literal: () => string | null): unknown {
  switch (type) {
    case 'text':
      return typeof value === 'string' ? value : undefined;
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
    case 'integer':
      return Number.isSafeInteger(value) ? value : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined;
    case 'bigint':
      if (typeof value === 'string') return bigintOf(value);
      if (typeof value !== 'number') return undefined;
      return Number.isSafeInteger(value) ? BigInt(value) : bigintOf(literal() ?? '');
    case 'date':
      return typeof value === 'string' ? dateOf(value) : undefined;
    case 'bytes':
      return typeof value === 'string' ? bytesOf(value) : undefined;
  }
}

const cellDecoders: { readonly [T in ColumnType]: (cell: string) => unknown } = {
  text: cell => cell,
  number: numberOf,
  integer: cell => {
    const value = numberOf(cell);
    return Number.isSafeInteger(value) ? value : undefined;
  },
  bigint: bigintOf,
  boolean: cell => (cell === 'true' ? true : cell === 'false' ? false : undefined),
  date: dateOf,
  bytes: cell => (cell === '' ? undefined : bytesOf(cell)),
};

function numberOf(text: string): number | undefined {
  if (!/^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function bigintOf(text: string): bigint | undefined {
  return /^-?(?:0|[1-9][0-9]*)$/.test(text) ? BigInt(text) : undefined;
}

function bytesOf(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text, 'base64'));
}

const dateTime = /^([+-]\d{6}|\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** ISO 8601 in its extended form; the same instant on every machine, as the local zone is never asked. */
function dateOf(text: string): Date | undefined {
  const match = dateTime.exec(text);
  if (match === null || match[1] === '-000000') return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(part => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const milliseconds = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, milliseconds);
  // Midnight may be written as the end of a day; any other part out of its range would have carried into the next.
  const endOfDay = hour === 24 && minute === 0 && second === 0 && milliseconds === 0;
  const kept = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCMinutes() === minute;
  if (!endOfDay && (!kept || hour > 23 || second > 59)) return undefined;
  const offset = offsetMinutes(match[8] ?? 'Z');
  if (offset === undefined) return undefined;
  const instant = new Date(date.getTime() - offset * 60_000);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}

function offsetMinutes(zone: string): number | undefined {
  if (zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', '') || 0);
  if (hours > 23 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

const expected: { readonly [T in ColumnType]: string } = {
  text: 'text',
  number: 'a number',
  integer: 'an integer within ±(2^53 − 1)',
  bigint: 'a whole number',
  boolean: 'true or false',
  date: 'an ISO 8601 date',
  bytes: 'base64',
};

function refused(column: Column, found: unknown): BadRecord {
  const text = found === undefined ? 'nothing' : found === '' ? 'an empty cell' : preview(found);
  return new BadRecord(`column ${column.name}: expected ${expected[column.type]}${column.optional ? ' or nothing' : ''}, found ${text}`);
}

function preview(found: unknown): string {
  const text = JSON.stringify(found) ?? String(found);
  return text.length <= limits.recordPreviewChars ? text : `${text.slice(0, limits.recordPreviewChars)}…`;
}
