// Checks that sources and sinks share: option objects, lists of names, the separator of a csv file.

import { UsageError } from '@sheaf/protocol';
import { alternatives } from './suggest.ts';

/** The options object that was given, or an empty one. An option that does not exist is a UsageError. */
export function optionsOf(given: unknown, known: readonly string[], where: string): { readonly [name: string]: unknown } {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new UsageError(`${where}: the options must be an object with ${known.join(', ')}.`);
  }
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw new UsageError(`${where}: there is no option '${name}'${alternatives(name, known)}`);
  }
  return given as { readonly [name: string]: unknown };
}

/** What is wrong with a list of column names; null when nothing is. */
export function listProblems(names: unknown): string | null {
  if (!Array.isArray(names) || names.length === 0) return 'must be a list of at least one name.';
  if (!names.every(name => typeof name === 'string')) return 'must be strings.';
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice === undefined ? null : `name '${twice}' twice.`;
}

/** One character of ASCII that is not needed for quoting or for ending a row. */
export function separatorOf(separator: unknown, where: string): string {
  if (typeof separator === 'string' && /^[\t -~]$/.test(separator) && separator !== '"') return separator;
  throw new UsageError(`${where}: the separator must be one ASCII character such as ';' or '\\t', and no quote or line break.`);
}

/** Finite, whole and above zero. */
export function isPositiveInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
