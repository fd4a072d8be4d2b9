// Looks every word up in the documents themselves.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const expected = new Map<string, Map<string, number>>();
  for (const document of readdirSync(params.in).sort()) {
    const text = readFileSync(join(params.in, document), 'utf8').toLowerCase();
    for (const word of text.split(/[^\p{L}]+/u).filter(Boolean)) {
      const documents = expected.get(word) ?? new Map<string, number>();
      expected.set(word, documents.set(document, (documents.get(document) ?? 0) + 1));
    }
  }
  const entries = [...expected].map(
    ([word, documents]) => `${word}\t${[...documents].map(([name, times]) => `${name}:${times}`).join(' ')}`,
  );
  assert.deepEqual(linesOf(params.out).sort(), entries.sort());
  return `${entries.length} words, each with its documents`;
}
