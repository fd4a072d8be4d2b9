// `partitionBy`: into which folder a record goes, `day=2025-01-01/user=7`, and what of it is written there. The folder is the key
// of a shuffle, so that a task has the records of a folder one after another.

import { limits, UsageError } from '@sheaf/protocol';
import type { Select } from '@sheaf/protocol/graph';
import type { FunctionTable } from '../compile/functions.ts';
import { optionsOf } from '../options.ts';
import { checkColumns, type Selector, selectorOf } from './selectors.ts';

/** How a collection is cut into folders. */
export interface PartFolders {
  /** The columns that the folders stand for: they are left out of the files. */
  readonly names: readonly string[];
  /** The folder of a record; what is no key where a part of it is none. */
  key(functions: FunctionTable): Select;
  /** The record without those columns. */
  value(functions: FunctionTable): Select;
}

interface Level {
  readonly name: string;
  readonly selector: Selector;
}

/** Reads `options` of `write`; null without partitionBy. `columns`: those of the records, where they are known. */
export function partFoldersOf(options: unknown, columns: readonly string[] | null): PartFolders | null {
  const { partitionBy } = optionsOf(options, ['partitionBy'], 'write');
  if (partitionBy === undefined) return null;
  const levels = levelsOf(partitionBy);
  const names = levels.map(level => level.name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new UsageError(`write: partitionBy names '${twice}' twice.`);
  for (const { selector } of levels) checkColumns(selector, columns, 'write: partitionBy');
  if (columns?.every(name => names.includes(name)) === true)
    throw new UsageError('write: partitionBy takes every column, so that nothing is left to write.');
  const text = levels.map(({ name, selector }) => `${name}: ${selector.text}`).join(', ');
  const folder = folderOf(levels);
  const rest = without(names);
  return {
    names,
    key: functions => ({ type: 'function', function: functions.add('key', folder, `folder ${text}`) }),
    value: functions => ({ type: 'function', function: functions.add('value', rest, `without ${JSON.stringify(names)}`) }),
  };
}

function levelsOf(given: unknown): readonly Level[] {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
    const { name, by } = optionsOf(given, ['name', 'by'], 'write: partitionBy');
    if (typeof name !== 'string' || name === '' || typeof by !== 'function')
      throw new UsageError("write: partitionBy takes a name and a function, as in { name: 'month', by: r => r.day.slice(0, 7) }.");
    return [{ name, selector: selectorOf(by, 'write: partitionBy') }];
  }
  const names: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (names.length === 0 || !names.every(name => typeof name === 'string' && name !== ''))
    throw new UsageError("write: partitionBy takes a column, a list of columns, or { name, by }, as in { partitionBy: 'day' }.");
  return (names as readonly string[]).map(name => ({ name, selector: selectorOf(name, 'write: partitionBy') }));
}

function folderOf(levels: readonly Level[]): (record: unknown) => unknown {
  const heads = levels.map(({ name }) => `${escaped(name).replaceAll('=', '%3D')}=`);
  return record => {
    let folder = '';
    for (const [at, { name, selector }] of levels.entries()) {
      const value = selector.pick(record);
      const text = folderText(value);
      // The shuffle refuses it, with the place of the record.
      if (text === null) return value;
      const folderName = heads[at] + text;
      const bytes = new TextEncoder().encode(folderName).length;
      if (bytes > limits.folderNameBytesMax)
        throw new RangeError(`partitionBy '${name}': the folder's name would have ${bytes} bytes, over ${limits.folderNameBytesMax}`);
      folder += at === 0 ? folderName : `/${folderName}`;
    }
    return folder;
  };
}

function without(names: readonly string[]): (record: unknown) => unknown {
  const left = new Set(names);
  return record => {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return record;
    const rest: { [name: string]: unknown } = {};
    for (const name in record) if (!left.has(name)) rest[name] = (record as { readonly [name: string]: unknown })[name];
    return rest;
  };
}

const nullName = '__null__';

/** A key as a sink of text writes it, but a Date or bytes without quotes, in letters that a path takes; null for what is no key. */
function folderText(key: unknown): string | null {
  if (key === null) return nullName;
  // A lone surrogate stays in it, and is refused with it.
  if (typeof key === 'string') return key === nullName ? `%5F${key.slice(1)}` : escaped(key);
  const text = key instanceof Date || key instanceof Uint8Array ? plainText(key) : jsonText(key);
  return text === null ? null : escaped(text);
}

function plainText(key: Date | Uint8Array): string | null {
  if (key instanceof Uint8Array) return btoa(String.fromCharCode(...key));
  return Number.isNaN(key.getTime()) ? null : key.toISOString();
}

/** JSON, a bigint with all its digits, a Date as ISO text, bytes as base64. */
function jsonText(key: unknown): string | null {
  switch (typeof key) {
    case 'string':
    case 'boolean':
      return JSON.stringify(key);
    case 'number':
      return Number.isFinite(key) ? JSON.stringify(key) : null;
    case 'bigint':
      return String(key);
    case 'object':
      return key === null ? 'null' : objectText(key);
    default:
      return null;
  }
}

function objectText(key: object): string | null {
  if (key instanceof Date || key instanceof Uint8Array) {
    const text = plainText(key);
    return text === null ? null : JSON.stringify(text);
  }
  if (!Array.isArray(key)) return null;
  const items = key.map(jsonText);
  return items.includes(null) ? null : `[${items.join(',')}]`;
}

/** What a path cannot hold, and the percent sign itself, as %XX. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what a path is better without.
  return text.replace(/[\0-\x1f\x7f%/]/g, letter => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
