// Looks for the double letters in every word, without a pattern.

import assert from 'node:assert/strict';
import { linesOf } from '../output.ts';
import { textsIn } from '../prose.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const counts = new Map<string, number>();
  for (const word of textsIn(params.in).flatMap(({ text }) => text.split(/[^a-zA-Z0-9_]+/))) {
    if (['ll', 'rr', 'tt', 'oo', 'ee'].some(double => word.includes(double))) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const expected = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  assert.deepEqual(
    linesOf(params.out),
    expected.map(([word, count]) => `${count}\t${word}`),
  );
  return `${expected.length} different matches, '${expected[0]![0]}' most often`;
}
