// Quantiles, histograms and distinct counts: exact while there is little, within what is said of them when there is much.

import fc from 'fast-check';
import { agg, to } from 'sheaf';
import { expect, test } from 'vitest';
import { runPlan, type Sale } from './run-plan.ts';

const sale: fc.Arbitrary<Sale> = fc.record({
  id: fc.integer({ min: -20, max: 20 }),
  user: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(null)),
  day: fc.constantFrom('mo', 'tu'),
  amount: fc.integer({ min: -50, max: 50 }),
});

interface Row {
  readonly day: string;
  readonly median: number;
  readonly high: number;
  readonly users: number;
  readonly bins: { readonly below: number; readonly above: number; readonly bins: readonly { readonly count: number }[] };
}

async function aggregated(sales: readonly Sale[], memoryMb = 16): Promise<readonly Row[]> {
  const ran = await runPlan(
    { sales },
    ({ sales: s }) =>
      s
        .keyBy('day')
        .aggregate({
          median: agg.quantile('amount', 0.5),
          high: agg.quantile(r => r.amount, 0.99),
          users: agg.distinctCount('user'),
          bins: agg.histogram('amount', { edges: [0, 10, 20] }),
        })
        .rows('day')
        .write(to.jsonl('out')),
    { memoryMb },
  );
  expect(ran.error).toBe(null);
  return (ran.outputs.out ?? []) as Row[];
}

function expectedOf(sales: readonly Sale[], day: string): Row {
  const of = sales.filter(r => r.day === day);
  const sorted = of.map(r => r.amount).sort((a, b) => a - b);
  const at = (q: number): number => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number;
  const within = (from: number, end: (n: number) => boolean): number => sorted.filter(n => n >= from && end(n)).length;
  const bins = [
    { from: 0, to: 10, count: within(0, n => n < 10) },
    { from: 10, to: 20, count: within(10, n => n <= 20) },
  ];
  const users = new Set(of.map(r => r.user)).size;
  return {
    day,
    median: at(0.5),
    high: at(0.99),
    users,
    bins: { below: sorted.filter(n => n < 0).length, above: sorted.filter(n => n > 20).length, bins },
  };
}

test('of few records they are exact', async () => {
  expect(await aggregated([])).toEqual([]);
  await fc.assert(
    fc.asyncProperty(fc.array(sale, { minLength: 1, maxLength: 30 }), fc.constantFrom(16, 64), async (sales, memoryMb) => {
      const got = [...(await aggregated(sales, memoryMb))].sort((a, b) => (a.day < b.day ? -1 : 1));
      expect(got).toEqual([...new Set(sales.map(r => r.day))].sort().map(day => expectedOf(sales, day)));
    }),
    { numRuns: 10 },
  );
});

test('of many records they are within what is said of them', async () => {
  const count = 12_000;
  const sales = Array.from({ length: count }, (_, i) => ({ id: i, user: i, day: 'mo', amount: ((i * 7_919) % count) - 2_000 }));
  const [row] = await aggregated(sales);
  const want = expectedOf(sales, 'mo');
  expect(Math.abs((row?.median ?? 0) - want.median)).toBeLessThanOrEqual(Math.abs(want.median) * 0.0101);
  expect(Math.abs((row?.high ?? 0) - want.high)).toBeLessThanOrEqual(Math.abs(want.high) * 0.0101);
  expect(Math.abs((row?.users ?? 0) - count)).toBeLessThan(count * 0.03);
  expect(row?.bins).toEqual(want.bins);
  expect(await aggregated(sales, 64)).toEqual([row]);
});

test('what they cannot be is refused where it is written', () => {
  expect(() => agg.quantile((n: number) => n, 2)).toThrow('a number from 0 to 1');
  expect(() => agg.histogram((n: number) => n, { edges: [1] })).toThrow('numbers that rise');
  expect(() => agg.histogram((n: number) => n, { edges: [2, 1] })).toThrow('numbers that rise');
  expect(() => agg.histogram((n: number) => n, { from: 0, to: 1, bins: 0 })).toThrow('bins are 1 to');
});
