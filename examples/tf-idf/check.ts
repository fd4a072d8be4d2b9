// Counts words in each document by itself and weighs them by the formula of the textbook.

import assert from 'node:assert/strict';
import { recordsOf } from '../output.ts';
import { textsIn } from '../prose.ts';

interface Entry {
  readonly word: string;
  readonly documents: readonly { readonly document: string; readonly weight: number }[];
}

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const documents = textsIn(params.in).map(({ name, text }) => {
    const words = text
      .toLowerCase()
      .split(/[^\p{L}]+/u)
      .filter(Boolean);
    return { name, words };
  });
  const vocabulary = new Set(documents.flatMap(({ words }) => words));
  const entries = recordsOf<Entry>(params.out);
  assert.deepEqual(entries.map(({ word }) => word).sort(), [...vocabulary].sort());
  for (const { word, documents: found } of entries) {
    const having = documents.filter(({ words }) => words.includes(word));
    assert.deepEqual(found.map(({ document }) => document).sort(), having.map(({ name }) => name).sort());
    assert.deepEqual(
      found.toSorted((a, b) => b.weight - a.weight),
      found,
      'the heaviest come first',
    );
    for (const { document, weight } of found) {
      const { words } = having.find(({ name }) => name === document) ?? assert.fail(document);
      const times = words.filter(other => other === word).length;
      assert(Math.abs(weight - times * Math.log(documents.length / having.length)) < 1e-12, `${word} in ${document}`);
    }
  }
  return `${entries.length} words in ${documents.length} documents, each weight as the formula has it`;
}
