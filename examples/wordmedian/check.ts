// Sorts the lengths of all words, and takes the one in the middle.

import assert from 'node:assert/strict';
import { rowsOf } from '../output.ts';
import { wordsIn } from '../prose.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const lengths = wordsIn(params.in)
    .map(word => word.length)
    .sort((a, b) => a - b);
  const median = lengths[Math.ceil(lengths.length / 2) - 1];
  assert.deepEqual(rowsOf(params.out), [{ words: `${lengths.length}`, median: `${median}` }]);
  return `${lengths.length} words, half of them of at most ${median} characters`;
}
