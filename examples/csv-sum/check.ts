// Adds the amounts up by another route: their digits without the point. And holds each mean against sum and count.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { partsOf } from '../output.ts';

const sale = /^\d+,[\d-]+,("[^"]*"|[^",]*),(-?\d+\.\d\d),/;
const total = /^("[^"]*"|[^",]*),(\d+),(-?\d+\.\d\d),(-?\d+\.\d{4})$/;
const digitsOf = (decimal: string): bigint => BigInt(decimal.replace('.', ''));

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const expected = new Map<string, { count: bigint; cents: bigint }>();
  for (const line of readFileSync(params.in, 'utf8').split('\n').slice(1, -1)) {
    const [, category = '', amount = ''] = sale.exec(line) ?? assert.fail(line);
    const { count, cents } = expected.get(category) ?? { count: 0n, cents: 0n };
    expected.set(category, { count: count + 1n, cents: cents + digitsOf(amount) });
  }
  const written = new Map<string, { count: bigint; cents: bigint }>();
  for (const [header, ...rows] of partsOf(params.out)) {
    // A reducer without a category has nothing to take its columns from: its part is empty.
    if (header !== undefined) assert.equal(header, 'category,count,sum,mean');
    for (const row of rows) {
      const [, category = '', countText = '', sum = '', mean = ''] = total.exec(row) ?? assert.fail(row);
      const [count, cents] = [BigInt(countText), digitsOf(sum)];
      assert(!written.has(category), `${category} was written twice`);
      written.set(category, { count, cents });
      // Rounded to the nearest: the mean's four decimals are off by half of the last one at most.
      const doubleError = 2n * (digitsOf(mean) * count - cents * 100n);
      assert(doubleError <= count && -doubleError <= count, `the mean of ${category} is ${mean}`);
    }
  }
  assert.deepEqual(written, expected);
  return `${written.size} categories, each sum and mean exact`;
}
