// Sum and mean of `amount` by `category` of a large CSV file, exact to the cent.
//
//   sheaf run job.ts -p in=sales.csv -p out=totals

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'csv-sum',
  params: z.object({ in: z.string(), out: z.string() }),

  // Only the columns named here are read. No cell of this file has a line break in it: said so, it may be cut into pieces
  // that are read side by side.
  input: p => from.csv(p.in, { category: 'text', amount: 'text' }, { multiline: false }),

  // 0.1 + 0.2 is not 0.3 for floating-point numbers. So money is counted in whole cents, as bigints, which never overflow.
  *map(sale) {
    yield [sale.category, { count: 1, cents: centsOf(sale.amount) }];
  },
  combine: (a, b) => ({ count: a.count + b.count, cents: a.cents + b.cents }),
  *reduce(category, partials) {
    let count = 0;
    let cents = 0n;
    for (const partial of partials) {
      count += partial.count;
      cents += partial.cents;
    }
    yield { category, count, sum: decimalOf(cents, 2), mean: decimalOf(divideRounded(cents * 100n, BigInt(count)), 4) };
  },
  output: p => to.csv(p.out),
});

/** '12.34' → 1234n. What this throws is reported with the file, the line and the record. */
export function centsOf(amount: string): bigint {
  const [, sign, whole, fraction] = /^(-?)(\d+)\.(\d\d)$/.exec(amount) ?? [];
  if (fraction === undefined) throw new Error(`'${amount}' is no amount with two decimals`);
  return BigInt(`${sign}${whole}${fraction}`);
}

/** 1234n with 2 decimals → '12.34'. */
export function decimalOf(scaled: bigint, decimals: number): string {
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(decimals + 1, '0');
  return `${scaled < 0n ? '-' : ''}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

/** Rounds to the nearest, halves away from zero. */
function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const half = dividend < 0n ? -divisor : divisor;
  return (2n * dividend + half) / (2n * divisor);
}
