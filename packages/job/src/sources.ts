// Where a job's records come from: `from.text`, `from.csv`, `from.jsonl`, `from.files`, `from.items`.
// A source is a description, cheap to copy, without I/O. What can be said without user code (words, fields, a pattern, the
// columns) is part of its format and stays on bytes; `.map` and `.flatMap` add calls behind it.

import { UsageError } from '@sheaf/protocol';
import type { Format } from '@sheaf/protocol/graph';
import { type brand, internalsOf, withInternals } from './brand.ts';
import type { Columns, Row } from './columns.ts';
import { columnList } from './columns.ts';
import type { TaskContext } from './context.ts';
import type { Anything } from './keys.ts';
import { isPositiveInteger, listProblems, optionsOf, separatorOf } from './options.ts';
import { type Schema, validatorOf } from './schema.ts';
import type { AnyFunction } from './user-function.ts';

/** Where records come from. Cheap to copy, no I/O; `map` and `flatMap` give an input a map of its own. */
export interface Source<out T> {
  readonly [brand]: T;
  map<U extends Anything>(map: (record: T, context: TaskContext<unknown>) => U): Source<U>;
  flatMap<U extends Anything>(map: (record: T, context: TaskContext<unknown>) => Iterable<U>): Source<U>;
}

/** Text whose records stay bytes until a function of yours reads them. */
export interface TextSource extends Source<string> {
  /**
   * Runs of non-space, tokenised in one pass over the bytes; splits where `/\s+/` does.
   * @example
   * read(from.text('lines.txt').words()) // "to", "be", "or", "not", "to", "be"
   */
  words(): Source<string>;
  /**
   * The parts of each line between separators; TAB unless another is named.
   * @example
   * read(from.text('lines.txt').fields(' ')).map(([first]) => first) // "to", "or"
   */
  fields(separator?: string): Source<readonly string[]>;
  /**
   * Only the lines that the pattern matches.
   * @example
   * read(from.text('lines.txt').matching(/not/)) // "or not to be"
   */
  matching(pattern: RegExp): TextSource;
}

type Paths = string | readonly string[];

export interface CsvOptions {
  /** true (default): the first row of each file names the columns; a list: the files have none, these are the names; false: by position. */
  readonly header?: boolean | readonly string[];
  /** Default ','. */
  readonly separator?: string;
  /** true (default): quoted cells may hold line breaks; false says they do not, and lets a file be cut into splits. */
  readonly multiline?: boolean;
}

export interface InputFile {
  readonly path: string;
  text(): string;
  bytes(): Uint8Array;
}

type Items<T> = Iterable<T> | AsyncIterable<T> | (() => Iterable<T> | AsyncIterable<T>);

export interface Sources {
  /**
   * Lines.
   * @example
   * read(from.text('lines.txt')) // "to be", "or not to be"
   */
  text(paths: Paths): TextSource;
  /**
   * @example
   * read(from.csv('sales.csv', { user: 'text', amount: 'number' })).first(1) // { "user": "ann", "amount": 12 }
   */
  csv<const C extends Columns>(paths: Paths, columns: C, options?: CsvOptions): Source<Row<C>>;
  csv<T>(paths: Paths, schema: Schema<T>, options?: CsvOptions): Source<T>;
  /**
   * @example
   * read(from.jsonl('users.jsonl', { user: 'text' })) // { "user": "ann" }, { "user": "bob" }, { "user": "dan" }
   */
  jsonl<const C extends Columns>(paths: Paths, columns: C): Source<Row<C>>;
  jsonl<T>(paths: Paths, schema: Schema<T>): Source<T>;
  /**
   * Each file is one record.
   * @example
   * read(from.files('*.txt')).map(file => file.text().length) // 19
   */
  files(paths: Paths): Source<InputFile>;
  /**
   * Items from code, written down once at submit; a task an item up to 1,000, then even packs, or `perTask` in each.
   * @example
   * read(from.items([1, 2, 3])).map(n => n * n) // 1, 4, 9
   */
  items<T>(items: Items<T>, options?: { readonly perTask?: number }): Source<T>;
}

/** A function that a source's records go through, behind the format. */
export interface SourceCall {
  readonly role: 'map' | 'flatMap';
  readonly function: AnyFunction;
}

/** What lies under `internals` of a source. */
export type SourceDefinition = { readonly type: 'source'; readonly calls: readonly SourceCall[] } & (
  | { readonly of: 'files'; readonly paths: readonly string[]; readonly format: Format; readonly schema: unknown }
  | { readonly of: 'items'; readonly items: unknown; readonly perTask: number | null }
);

export const from: Sources = {
  text: (paths: Paths) => textSource({ paths: pathList(paths, 'text'), format: { type: 'text', unit: 'line' } }),
  csv: <T>(paths: Paths, shape: unknown, options?: CsvOptions): Source<T> => csvSource(pathList(paths, 'csv'), shape, options),
  jsonl: <T>(paths: Paths, shape: unknown): Source<T> => jsonlSource(pathList(paths, 'jsonl'), shape),
  files: (paths: Paths) => filesSource({ paths: pathList(paths, 'files'), format: { type: 'file' } }),
  items: (items: unknown, options?: { readonly perTask?: number }) => itemsSource(items, options),
};

/** The definition of a source; undefined for anything else. */
export function sourceDefinition(source: unknown): SourceDefinition | undefined {
  const definition = internalsOf(source);
  return definition?.type === 'source' ? (definition as SourceDefinition) : undefined;
}

interface Files<F extends Format = Format> {
  readonly paths: readonly string[];
  readonly format: F;
  readonly schema?: unknown;
}

function filesSource<T>(files: Files): Source<T> {
  const { paths, format, schema = null } = files;
  return sourceOf({ type: 'source', of: 'files', paths, format, schema, calls: [] });
}

function sourceOf<T>(definition: SourceDefinition): Source<T> {
  const withCall = (role: SourceCall['role'], call: unknown): Source<never> => {
    if (typeof call !== 'function') throw new UsageError(`.${role} of a source takes a function, but got ${typeof call}.`);
    return sourceOf({ ...definition, calls: [...definition.calls, { role, function: call as AnyFunction }] });
  };
  const methods = { map: (call: unknown) => withCall('map', call), flatMap: (call: unknown) => withCall('flatMap', call) };
  return withInternals(methods, definition) as unknown as Source<T>;
}

function textSource(files: Files<Extract<Format, { type: 'text' }>>): TextSource {
  const { paths, format } = files;
  const methods = {
    words: () => filesSource<string>({ paths, format: { ...format, unit: 'word' } }),
    fields: (separator?: string) => {
      if (separator !== undefined && (typeof separator !== 'string' || separator === '' || /[\r\n]/.test(separator))) {
        throw new UsageError('.fields: the separator must be a non-empty string without line breaks.');
      }
      return filesSource<readonly string[]>({
        paths,
        format: { ...format, unit: 'fields', ...(separator === undefined ? {} : { separator }) },
      });
    },
    matching: (pattern: RegExp) =>
      textSource({ paths, format: { ...format, matching: patternOf(pattern, format.matching !== undefined) } }),
  };
  return Object.assign(filesSource<string>(files), methods) as TextSource;
}

/** `g` means nothing to a test of one line and would make it depend on the line before. */
function patternOf(pattern: unknown, another: boolean): { readonly source: string; readonly flags: string } {
  if (!(pattern instanceof RegExp)) throw new UsageError('.matching takes a regular expression, as in /error/i.');
  if (another) throw new UsageError('.matching was given twice: write both in one pattern, or filter in map.');
  if (pattern.sticky) throw new UsageError('.matching: the flag y has no meaning here. Start the pattern with ^ instead.');
  return { source: pattern.source, flags: pattern.flags.replace('g', '') };
}

function csvSource<T>(paths: readonly string[], shape: unknown, given: CsvOptions | undefined): Source<T> {
  const { header = true, separator = ',', multiline = true } = optionsOf(given, ['header', 'separator', 'multiline'], 'from.csv');
  if (typeof multiline !== 'boolean') throw new UsageError('from.csv: multiline must be true or false.');
  const { columns, schema } = shapeOf(shape, 'from.csv');
  if (typeof header !== 'boolean') {
    const problem = listProblems(header);
    if (problem !== null) throw new UsageError(`from.csv: the names in header ${problem}`);
    const missing = columns?.find(column => !(header as readonly string[]).includes(column.name));
    if (missing !== undefined) throw new UsageError(`from.csv: column '${missing.name}' is not among the names in header.`);
  }
  const names = typeof header === 'boolean' ? header : [...(header as readonly string[])];
  const format: Format = { type: 'csv', separator: separatorOf(separator, 'from.csv'), header: names, multiline, columns };
  return filesSource({ paths, format, schema });
}

function jsonlSource<T>(paths: readonly string[], shape: unknown): Source<T> {
  const { columns, schema } = shapeOf(shape, 'from.jsonl');
  return filesSource({ paths, format: { type: 'jsonl', columns }, schema });
}

/** The second argument of csv and jsonl: a schema, or columns. */
function shapeOf(shape: unknown, where: string): { readonly columns: ReturnType<typeof columnList> | null; readonly schema: unknown } {
  if (validatorOf(shape) !== undefined) return { columns: null, schema: shape };
  if (typeof shape !== 'object' || shape === null || Array.isArray(shape)) {
    throw new UsageError(`${where} needs columns, as in { user: 'integer' }, or a schema after the paths.`);
  }
  return { columns: columnList(shape as Columns, where), schema: null };
}

function itemsSource<T>(items: unknown, given: { readonly perTask?: number } | undefined): Source<T> {
  const { perTask = null } = optionsOf(given, ['perTask'], 'from.items');
  if (perTask !== null && !isPositiveInteger(perTask)) throw new UsageError('from.items: perTask must be a whole number above 0.');
  if (typeof items === 'string') throw new UsageError('from.items takes a list of items. For the lines of a file, write from.text(path).');
  if (typeof items !== 'function' && !isIterable(items)) {
    throw new UsageError('from.items takes an array, an iterable, an async iterable, or a function that gives one.');
  }
  return sourceOf({ type: 'source', of: 'items', items, perTask, calls: [] });
}

/** Whether `for await` can walk it. */
export function isIterable(items: unknown): boolean {
  if (typeof items !== 'object' || items === null) return false;
  return Symbol.iterator in items || Symbol.asyncIterator in items;
}

function pathList(paths: unknown, source: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(paths) ? paths : [paths];
  if (list.length === 0) throw new UsageError(`from.${source}: the list of paths is empty.`);
  for (const path of list) {
    if (typeof path === 'string' && path.trim() !== '' && !path.includes('\0')) continue;
    throw new UsageError(`from.${source}: a path must be a non-empty string, but is ${JSON.stringify(path) ?? typeof path}.`);
  }
  return [...(list as readonly string[])];
}
