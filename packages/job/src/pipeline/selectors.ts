// What stands where a column or a function may: `keyBy('user')`, `keyBy(['day', 'user'])`, `keyBy(r => r.user)`. In the graph a
// column is a Select that stays on bytes; anything else is a function.

import { UsageError } from '@sheaf/protocol';
import type { Role, Select } from '@sheaf/protocol/graph';
import type { FunctionTable } from '../compile/functions.ts';
import { alternatives } from '../suggest.ts';
import type { AnyFunction } from '../user-function.ts';

export interface Selector {
  /** The selector's text: a column's name, or a function's source. What the graph's hash is of. */
  readonly text: string;
  /** The column, when it is one. */
  readonly column: string | null;
  /** All columns it names. */
  readonly columns: readonly string[];
  /** The user's function, when it is one. */
  readonly written?: AnyFunction;
  pick(record: unknown): unknown;
  /** How the graph says it. */
  select(functions: FunctionTable, role: Role): Select;
}

/** A column or a function; columns where `several`. Throws UsageError for anything else. */
export function selectorOf(given: unknown, where: string, several = false): Selector {
  if (typeof given === 'string' && given !== '') return columnSelector(given);
  if (typeof given === 'function') return functionSelector(given as AnyFunction);
  if (several && Array.isArray(given) && given.length > 0 && given.every(name => typeof name === 'string' && name !== '')) {
    return columnsSelector(given as readonly string[]);
  }
  const wanted = several
    ? "a column, a list of columns or a function, as in 'user', ['day', 'user'] or r => r.user"
    : "a column or a function, as in 'user' or r => r.user";
  throw new UsageError(`${where} takes ${wanted}, not ${given === null ? 'null' : Array.isArray(given) ? 'a list' : typeof given}.`);
}

/** The record itself. */
export const recordSelector: Selector = {
  text: 'record',
  column: null,
  columns: [],
  pick: record => record,
  select: () => ({ type: 'record' }),
};

/** The same for every record. */
export const nullSelector: Selector = {
  text: 'null',
  column: null,
  columns: [],
  pick: () => null,
  select: () => ({ type: 'constant', value: null }),
};

/** The first or second item of a pair. */
export function itemSelector(index: 0 | 1): Selector {
  return {
    text: `item ${index}`,
    column: null,
    columns: [],
    pick: record => (record as readonly unknown[])[index],
    select: () => ({ type: 'item', index }),
  };
}

/** `inner` of what `outer` gives. */
export function composed(outer: Selector, inner: Selector): Selector {
  if (outer === recordSelector) return inner;
  if (inner === recordSelector) return outer;
  const pick = (record: unknown): unknown => inner.pick(outer.pick(record));
  const text = `${inner.text} of ${outer.text}`;
  return { text, column: null, columns: [], pick, select: (functions, role) => asFunction(functions, role, pick, text) };
}

/** Throws UsageError when a column is known not to be there. `columns`: null where they are not known. */
export function checkColumns(selector: { readonly columns: readonly string[] }, columns: readonly string[] | null, where: string): void {
  if (columns === null) return;
  const missing = selector.columns.find(name => !columns.includes(name));
  if (missing !== undefined) throw new UsageError(`${where}: there is no column '${missing}'${alternatives(missing, columns)}`);
}

function columnSelector(name: string): Selector {
  return {
    text: `column ${name}`,
    column: name,
    columns: [name],
    pick: record => columnOf(record, name),
    select: () => ({ type: 'column', name }),
  };
}

function columnsSelector(names: readonly string[]): Selector {
  const text = `columns ${JSON.stringify(names)}`;
  const pick = (record: unknown): unknown => names.map(name => columnOf(record, name));
  return { text, column: null, columns: names, pick, select: (functions, role) => asFunction(functions, role, pick, text) };
}

function functionSelector(pick: AnyFunction): Selector {
  const text = pick.toString();
  return {
    text,
    column: null,
    columns: [],
    written: pick,
    pick: record => pick(record),
    select: (functions, role) => asFunction(functions, role, pick, text),
  };
}

function asFunction(functions: FunctionTable, role: Role, pick: AnyFunction, text: string): Select {
  return { type: 'function', function: functions.add(role, pick, text) };
}

function columnOf(record: unknown, name: string): unknown {
  if (typeof record === 'object' && record !== null) return (record as { readonly [column: string]: unknown })[name];
  throw new TypeError(`'${name}' is no column of a record that is ${record === null ? 'null' : typeof record}`);
}
