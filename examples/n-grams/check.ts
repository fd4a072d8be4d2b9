// Slides a window of three words over each line.

import assert from 'node:assert/strict';
import { rowsOf } from '../output.ts';
import { textsIn } from '../prose.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const counts = new Map<string, number>();
  for (const line of textsIn(params.in).flatMap(({ text }) => text.split('\n'))) {
    const window: string[] = [];
    for (const word of line.toLowerCase().split(/[^\p{L}]+/u)) {
      if (word === '') continue;
      window.push(word);
      if (window.length > 3) window.shift();
      const phrase = window.join(' ');
      if (window.length === 3) counts.set(phrase, (counts.get(phrase) ?? 0) + 1);
    }
  }
  const bytes = (text: string): Buffer => Buffer.from(text);
  const frequent = [...counts].filter(([, times]) => times >= 2);
  frequent.sort((a, b) => b[1] - a[1] || Buffer.compare(bytes(a[0]), bytes(b[0])));
  const rows = rowsOf(params.out).map(({ phrase, times }) => [phrase, Number(times)]);
  assert.deepEqual(rows, frequent);
  return `${rows.length} of ${counts.size} phrases come twice or more, '${rows[0]![0]}' most often`;
}
