// Sieves all primes up to the limit, and counts them range by range.

import assert from 'node:assert/strict';
import { partsOf, rowsOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly limit: string; readonly out: string }): string {
  const limit = Number(params.limit);
  const prime = new Uint8Array(limit).fill(1, 2);
  for (let n = 2; n * n < limit; n++) if (prime[n] === 1) for (let times = n * n; times < limit; times += n) prime[times] = 0;
  assert.equal(partsOf(params.out).length, 1);
  let next = 0;
  const rows = rowsOf(params.out);
  rows.forEach((row, i) => {
    const [from, to] = [Number(row.from), Number(row.to)];
    assert.deepEqual([Number(row.id), from], [i + 1, next], 'the items are in order and leave nothing out');
    assert.equal(
      Number(row.primes),
      prime.subarray(from, to).reduce((sum, one) => sum + one, 0),
    );
    next = to;
  });
  assert.equal(next, limit);
  return `${rows.length} items, ${prime.reduce((sum, one) => sum + one, 0)} primes`;
}
