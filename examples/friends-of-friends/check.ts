// Compares the sets of friends of any two people.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rowsOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const friends = new Map<string, Set<string>>();
  for (const line of readFileSync(params.in, 'utf8').split('\n').slice(1, -1)) {
    const [one = '', other = ''] = line.split(',');
    for (const [a, b] of [
      [one, other],
      [other, one],
    ] as const)
      friends.set(a, (friends.get(a) ?? new Set()).add(b));
  }
  const rows = rowsOf(params.out);
  for (const [person, own] of friends) {
    const sharedWith = (other: string): number => [...friends.get(other)!].filter(friend => own.has(friend)).length;
    const strangers = [...friends.keys()].filter(other => other !== person && !own.has(other) && sharedWith(other) > 0);
    const suggested = rows.filter(row => row.person === person);
    assert.deepEqual(
      suggested.map(({ shared }) => Number(shared)),
      strangers
        .map(sharedWith)
        .sort((a, b) => b - a)
        .slice(0, 3),
      `suggestions for ${person}`,
    );
    for (const { suggestion = '', shared } of suggested) {
      assert(strangers.includes(suggestion) && sharedWith(suggestion) === Number(shared), `${suggestion} for ${person}`);
    }
  }
  return `${friends.size} people, ${rows.length} suggestions`;
}
