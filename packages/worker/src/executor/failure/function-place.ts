// Where in the user's sources a function of the job is written: for failures that no frame of the job explains, as they were
// found when the function had already handed its record over.

import { readFileSync } from 'node:fs';
import type { AnyFunction } from '@sheaf/job/open';
import { frameText, sourceMapOf } from './user-stack.ts';

/** How far into a function its first token is looked for. */
const columnsLookedAt = 200;

/**
 * `at NAME (FILE:LINE:COLUMN)` of where the function begins. Found by its source text in the bundle, so null for a text that
 * is there more than once: the wrong line would be worse than none.
 */
export function functionPlace(written: AnyFunction, bundlePath: string): string | null {
  const source = written.toString();
  let code: string;
  try {
    code = readFileSync(bundlePath, 'utf8');
  } catch {
    return null;
  }
  const at = code.indexOf(source);
  if (at < 0 || code.indexOf(source, at + 1) >= 0) return null;
  const row = code.slice(0, at).split('\n').length - 1;
  const column = at - (code.lastIndexOf('\n', at - 1) + 1);
  return frameAt(written.name, { bundlePath, row, column, length: source.length });
}

interface Written {
  readonly bundlePath: string;
  /** Both from 0. */
  readonly row: number;
  readonly column: number;
  readonly length: number;
}

/** The map's first entry inside the text: an entry that begins before it is of what stands in front of the function. */
function frameAt(name: string, { bundlePath, row, column, length }: Written): string | null {
  const map = sourceMapOf(bundlePath);
  for (let at = column; map !== null && at < column + Math.min(length, columnsLookedAt); at++) {
    const entry = map.findEntry(row, at);
    if (!('originalSource' in entry) || entry.generatedLine !== row || entry.generatedColumn < column) continue;
    return frameText(name === '' ? undefined : name, entry);
  }
  return null;
}
