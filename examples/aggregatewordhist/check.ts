// Counts each word and works out the figures from the sorted counts.

import assert from 'node:assert/strict';
import { rowsOf } from '../output.ts';
import { wordsIn } from '../prose.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const times = new Map<string, number>();
  for (const word of wordsIn(params.in)) times.set(word, (times.get(word) ?? 0) + 1);
  const counts = [...times.values()].sort((a, b) => a - b);
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
  const [row, ...more] = rowsOf(params.out);
  const { of, different, least, median, most, ...figures } = row!;
  assert.deepEqual([of, different, least, most, more.length], ['words', `${counts.length}`, `${counts[0]}`, `${counts.at(-1)}`, 0]);
  assert.equal(Number(median), counts[Math.ceil(counts.length / 2) - 1]);
  assert(Math.abs(Number(figures.mean) - mean) < 1e-9 && Math.abs(Number(figures.variance) / variance - 1) < 1e-9);
  return `${different} different words, the most frequent ${most} times`;
}
