// Pairs up the values of each key by hand.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { linesOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly left: string; readonly right: string; readonly out: string }): string {
  const [left, right] = [valuesIn(params.left), valuesIn(params.right)];
  const keys = [...new Set([...left.keys(), ...right.keys()])];
  const expected = keys.flatMap(key =>
    (left.get(key) ?? [null]).flatMap(one => (right.get(key) ?? [null]).map(other => `${key}\t${JSON.stringify([one, other])}`)),
  );
  assert.deepEqual(linesOf(params.out).sort(), expected.sort());
  return `${keys.length} keys, ${expected.length} pairs`;
}

function valuesIn(folder: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const line of readdirSync(folder).flatMap(name => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))) {
    const [key = '', value = ''] = line.split('\t');
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}
