// An operator of a plan in a few words, as in `keyBy user` or `filter s => s.amount > 0`: what people see of a plan. Made of the
// operator's name and of what it was given; nothing of it is in the graph.

import { limits } from '@sheaf/protocol';
import { internalsOf } from '../brand.ts';
import { sinkDefinition } from '../sinks.ts';
import { sourceDefinition } from '../sources.ts';
import type { SortPart } from './nodes.ts';
import type { Selector } from './selectors.ts';

/** The longest source text of a function that is shown. */
const functionCharsMax = 40;

/** What an operator was called with, in words behind its name. */
export function operatorText(name: string, given: readonly unknown[]): string {
  const words = given.map(wordsOf).filter(text => text !== '');
  const text = words.length === 0 ? name : `${name} ${words.join(', ')}`;
  return text.slice(0, limits.outlineTextCharsMax);
}

/** A key in words: its columns, or the source of its function where that is short. */
export function selectorWords({ columns, written, text }: Selector): string {
  if (columns.length > 0) return columns.join(', ').slice(0, limits.outlineTextCharsMax);
  if (written !== undefined) return functionWords(written) || 'a function';
  if (text === 'item 0') return 'key';
  return text === 'record' ? 'the record' : '';
}

/** What sorts, in words. */
export function orderWords(by: readonly SortPart[]): string {
  return by.map(({ selector, desc }) => `${selectorWords(selector)}${desc ? ' desc' : ''}`).join(', ');
}

function wordsOf(given: unknown): string {
  switch (typeof given) {
    case 'string':
    case 'number':
    case 'boolean':
      return String(given);
    case 'function':
      return functionWords(given);
    case 'object':
      return given === null ? '' : Array.isArray(given) ? given.map(wordsOf).join(', ') : objectWords(given);
    default:
      return '';
  }
}

function objectWords(given: object): string {
  const source = sourceDefinition(given);
  if (source !== undefined) return source.of === 'files' ? source.paths.join(', ') : 'items';
  const output = sinkDefinition(given)?.output;
  if (output?.type === 'files') return output.folder;
  // Another collection: the picture shows where it comes from.
  if (internalsOf(given) !== undefined) return '';
  const { by, desc, name } = given as { readonly by?: unknown; readonly desc?: unknown; readonly name?: unknown };
  if (by !== undefined) return `${wordsOf(name ?? by)}${desc === true ? ' desc' : ''}`;
  return Object.entries(given).map(optionWords).filter(Boolean).join(', ');
}

/** Of options what changes the plan; of aggregates their names. */
function optionWords([name, value]: readonly [string, unknown]): string {
  switch (name) {
    case 'broadcast':
      return value === true ? name : value === false ? 'no broadcast' : '';
    case 'sortValuesBy':
      return `sorted by ${wordsOf(value)}`;
    case 'partitionBy':
      return `by ${wordsOf(value)}`;
    case 'concurrency':
      return `${wordsOf(value)} at once`;
    default:
      return name;
  }
}

/** A function's name, or its source if that is short; else nothing. */
function functionWords(given: { readonly name: string; toString(): string }): string {
  if (given.name !== '') return given.name;
  const source = given.toString().replaceAll(/\s+/g, ' ');
  return source.length <= functionCharsMax ? source : '';
}
