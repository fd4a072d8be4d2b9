// Reads the groups again: each number has one, the groups of a part are in order, and so are the pairs of a group.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { partsOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const pairs = readFileSync(params.in, 'utf8').split('\n').slice(0, -1);
  const parts = partsOf(params.out).map(lines =>
    lines
      .join('\n')
      .split(`${'-'.repeat(48)}\n`)
      .slice(1),
  );
  const groups = parts.flat().map(text =>
    text
      .split('\n')
      .filter(Boolean)
      .map(line => line.split('\t').map(Number)),
  );
  assert.deepEqual(
    groups
      .flat()
      .map(pair => pair.join(' '))
      .sort(),
    pairs.sort(),
  );
  for (const group of groups) {
    assert(
      group.every(([left]) => left === group[0]![0]),
      'a group is of one number',
    );
    assert(
      group.every(([, right], i) => i === 0 || right! >= group[i - 1]![1]!),
      'its pairs are in order',
    );
  }
  for (const part of parts) {
    const lefts = part.map(text => Number.parseInt(text, 10));
    assert(
      lefts.every((left, i) => i === 0 || left > lefts[i - 1]!),
      'the groups of a part are in order',
    );
  }
  return `${pairs.length} pairs in ${groups.length} groups`;
}
