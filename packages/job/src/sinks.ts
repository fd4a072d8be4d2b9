// Where a job's records go: `to.text`, `to.jsonl`, `to.csv`. A sink is a description; nothing is opened or made here.

import { UsageError } from '@sheaf/protocol';
import type { Output, OutputOptions } from '@sheaf/protocol/graph';
import { type brand, internalsOf, withInternals } from './brand.ts';
import type { Pair } from './keys.ts';
import { listProblems, optionsOf, separatorOf } from './options.ts';

export interface Sink<in T> {
  readonly [brand]: (record: T) => void;
}

export interface SinkOptions {
  /** Packs each part; its name then ends in `.gz`. */
  readonly gzip?: boolean;
}

export interface CsvSinkOptions extends SinkOptions {
  /** Which columns, in which order; without them those of the first record. */
  readonly columns?: readonly string[];
  readonly separator?: string;
}

export interface Sinks {
  /**
   * A string as it is; a pair as key TAB value.
   * @example
   * words.countBy().entries().write(to.text('counts'))
   */
  text(folder: string, options?: SinkOptions): Sink<string | Pair>;
  /**
   * One JSON value a line.
   * @example
   * sales.write(to.jsonl('packed sales', { gzip: true }))
   */
  jsonl(folder: string, options?: SinkOptions): Sink<unknown>;
  /**
   * A header, and a row a record.
   * @example
   * sales.write(to.csv('sales', { columns: ['id', 'user', 'day', 'amount'] }))
   */
  csv(folder: string, options?: CsvSinkOptions): Sink<object>;
}

/** What lies under `internals` of a sink. */
export interface SinkDefinition {
  readonly type: 'sink';
  readonly output: Output;
}

export const to: Sinks = {
  text: (folder, options) => sinkOf('text', folder, plainOptions('text', options)),
  jsonl: (folder, options) => sinkOf('jsonl', folder, plainOptions('jsonl', options)),
  csv: (folder, options) => sinkOf('csv', folder, csvOptions(options)),
};

/** The definition of a sink; undefined for anything else. */
export function sinkDefinition(sink: unknown): SinkDefinition | undefined {
  const definition = internalsOf(sink);
  return definition?.type === 'sink' ? (definition as SinkDefinition) : undefined;
}

function sinkOf<T>(format: 'text' | 'jsonl' | 'csv', folder: unknown, options: OutputOptions): Sink<T> {
  if (typeof folder !== 'string' || folder.trim() === '' || folder.includes('\0')) {
    throw new UsageError(`to.${format}: the folder must be a non-empty string, but is ${JSON.stringify(folder) ?? typeof folder}.`);
  }
  const definition: SinkDefinition = { type: 'sink', output: { type: 'files', folder, format, options } };
  return withInternals({}, definition) as Sink<T>;
}

function plainOptions(format: string, given: SinkOptions | undefined): OutputOptions {
  const options = optionsOf(given, ['gzip'], `to.${format}`);
  return gzipOption(options, `to.${format}`);
}

function csvOptions(given: CsvSinkOptions | undefined): OutputOptions {
  const options = optionsOf(given, ['gzip', 'columns', 'separator'], 'to.csv');
  const { columns, separator } = options;
  return {
    ...gzipOption(options, 'to.csv'),
    ...(columns === undefined ? {} : { columns: columnNames(columns) }),
    ...(separator === undefined ? {} : { separator: separatorOf(separator, 'to.csv') }),
  };
}

/** Left out unless it is on, so that `{ gzip: false }` and no option make the same graph. */
function gzipOption(options: { readonly gzip?: unknown }, where: string): OutputOptions {
  if (options.gzip !== undefined && typeof options.gzip !== 'boolean') throw new UsageError(`${where}: gzip must be true or false.`);
  return options.gzip === true ? { gzip: true } : {};
}

function columnNames(columns: unknown): readonly string[] {
  const problem = listProblems(columns);
  if (problem !== null) throw new UsageError(`to.csv: columns ${problem}`);
  return [...(columns as readonly string[])];
}
