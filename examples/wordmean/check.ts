// Adds up the lengths of all words.

import assert from 'node:assert/strict';
import { rowsOf } from '../output.ts';
import { wordsIn } from '../prose.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const words = wordsIn(params.in);
  const mean = words.join('').length / words.length;
  assert.deepEqual(rowsOf(params.out), [{ texts: 'all', words: `${words.length}`, mean: `${mean}` }]);
  return `${words.length} words of ${mean.toFixed(3)} characters in the mean`;
}
