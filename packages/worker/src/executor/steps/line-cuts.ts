// Functions of a string that merely cut it are taken at their word: what `line => line.slice(0, 10)` gives can be told from the
// bytes of a line without calling it. What they say is read from their source text, in the spellings that a bundler leaves; any
// other function is called.

import type { Select } from '@sheaf/protocol/graph';
import type { LoadedJob } from '../loaded-job.ts';

/** The characters [from, to) of a string, as far as it has them. */
export interface LineCut {
  readonly from: number;
  /** null: up to the end. */
  readonly to: number | null;
}

/** The cut of a string record that a Select makes; null: it makes something else, or nobody knows. */
export function lineCutOf(select: Select, job: LoadedJob): LineCut | null {
  if (select.type === 'record') return { from: 0, to: null };
  return select.type === 'function' ? cutSaid(job.functions[select.function.index]) : null;
}

const { slice, substring } = String.prototype;
const sourceOf = Function.prototype.toString;

const name = '([A-Za-z_$][\\w$]*)';
const place = '\\s*(0|[1-9]\\d{0,5}|[1-9]e[1-5])\\s*';
/** x => x.slice(0, 10), with parentheses around x, with a block that returns it, or as a function; x alone is the whole string. */
const spelling: RegExp = new RegExp(
  `^(?:(?:${name}|\\(\\s*${name}\\s*\\))\\s*=>|function(?:\\s+${name})?\\s*\\(\\s*${name}\\s*\\))\\s*` +
    `(\\{\\s*return[ \\t]+)?${name}(?:\\.(slice|substring)\\(${place}(?:,${place})?\\))?(\\s*;?\\s*\\})?$`,
);

function cutSaid(written: unknown): LineCut | null {
  if (typeof written !== 'function') return null;
  const [, bare, enclosed, , ofFunction, opened, returned, method, first, second, closed] = spelling.exec(sourceOf.call(written)) ?? [];
  const parameter = bare ?? enclosed ?? ofFunction;
  if (parameter === undefined || parameter !== returned || (opened === undefined) !== (closed === undefined)) return null;
  if (method === undefined) return { from: 0, to: null };
  // Somebody may have changed what these mean.
  if (String.prototype.slice !== slice || String.prototype.substring !== substring) return null;
  const from = Number(first);
  if (second === undefined) return { from, to: null };
  const to = Number(second);
  if (method === 'substring') return { from: Math.min(from, to), to: Math.max(from, to) };
  return { from, to: Math.max(from, to) };
}
