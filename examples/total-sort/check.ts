// Walks all parts in order: each row stands where it must after the one before it, and together they are the rows of the input.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { partsOf, rowsOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const folder = dirname(params.in);
  const lines = readdirSync(folder).flatMap(name => readFileSync(join(folder, name), 'utf8').split('\n').slice(1, -1));
  const rows = rowsOf(params.out).map(row => ({ id: Number(row.id), country: row.country ?? '', amount: Number(row.amount) }));
  assert.deepEqual(rows.map(({ id, country, amount }) => `${id},${country},${amount}`).sort(), lines.sort());
  for (const [i, next] of rows.slice(1).entries()) {
    const { id, country, amount } = rows[i]!;
    const order = Buffer.compare(Buffer.from(country), Buffer.from(next.country)) || next.amount - amount || id - next.id;
    assert(order < 0, `sale ${id} must not come before sale ${next.id}`);
  }
  return `${rows.length} rows in ${partsOf(params.out).length} parts, all in order`;
}
