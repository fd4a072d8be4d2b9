// Columns by name: only these are decoded, numbers straight from their bytes.
// A function gets a plain object of them; the selectors by column name make no object at all.

import { UsageError } from '@sheaf/protocol';
import type { Column } from '@sheaf/protocol/graph';
import { alternatives } from './suggest.ts';

/** Which JavaScript type a column type reads as. */
export interface ColumnTypes {
  text: string;
  number: number;
  integer: number;
  bigint: bigint;
  boolean: boolean;
  date: Date;
  bytes: Uint8Array;
}
type ColumnType = keyof ColumnTypes;

/** `{ user: 'integer', note: 'text?' }`: a question mark admits an empty cell, or a missing member, as null. */
export interface Columns {
  readonly [name: string]: ColumnType | `${ColumnType}?`;
}

/** The record that columns give. */
export type Row<C extends Columns> = {
  readonly [N in keyof C]: C[N] extends `${infer T extends ColumnType}?`
    ? ColumnTypes[T] | null
    : C[N] extends ColumnType
      ? ColumnTypes[C[N]]
      : never;
};

const columnTypes: { readonly [T in ColumnType]: true } = {
  text: true,
  number: true,
  integer: true,
  bigint: true,
  boolean: true,
  date: true,
  bytes: true,
};

/** Columns as the graph has them, in the order they were written. Throws UsageError for one that is none. */
export function columnList(columns: Columns, where: string): readonly Column[] {
  const list = Object.entries(columns).map(([name, type]) => columnOf(name, type, where));
  if (list.length === 0) throw new UsageError(`${where}: no column is named. Name at least one, as in { user: 'integer' }.`);
  return list;
}

function columnOf(name: string, type: unknown, where: string): Column {
  const optional = typeof type === 'string' && type.endsWith('?');
  const base = optional ? type.slice(0, -1) : type;
  if (typeof base === 'string' && Object.hasOwn(columnTypes, base)) return { name, type: base as ColumnType, optional };
  const shown = typeof type === 'string' ? `'${type}'` : typeof type;
  throw new UsageError(`${where}: column '${name}' has no such type as ${shown}${alternatives(String(base), Object.keys(columnTypes))}`);
}
