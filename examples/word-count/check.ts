// Counts the same words in one Map, and compares.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { linesOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const expected = new Map<string, number>();
  for (const name of readdirSync(params.in)) {
    const bytes = readFileSync(join(params.in, name));
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    for (const [word] of text.matchAll(/\S+/g)) expected.set(word, (expected.get(word) ?? 0) + 1);
  }
  const records = linesOf(params.out).map(line => JSON.parse(line) as { word: string; n: number });
  const counted = new Map(records.map(({ word, n }) => [word, n]));
  assert.equal(counted.size, records.length, 'a word was written twice');
  assert.deepEqual(counted, expected);
  return `${counted.size} different words, each counted right`;
}
