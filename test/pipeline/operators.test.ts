// Every operator against plain arrays, over records with duplicate, missing and null keys.

import fc from 'fast-check';
import { agg, to } from 'sheaf';
import { expect, test } from 'vitest';
import { runPlan, type Sale, type TestFlow, type User } from './run-plan.ts';

const user = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(null));
const sale: fc.Arbitrary<Sale> = fc.record({
  id: fc.nat(1000),
  user,
  day: fc.constantFrom('mo', 'tu', 'we'),
  amount: fc.integer({ min: -50, max: 50 }),
});
const sales = fc.array(sale, { maxLength: 30 });
const users: fc.Arbitrary<User[]> = fc.array(fc.record({ user, plan: fc.constantFrom('pro', 'free') }), { maxLength: 6 });

interface Case {
  readonly name: string;
  readonly plan: (flow: TestFlow) => void;
  /** What is written; as a multiset unless `ordered`. */
  readonly expected: (data: { readonly sales: readonly Sale[]; readonly users: readonly User[] }) => unknown[];
  readonly ordered?: boolean;
}

const out = to.jsonl('out');

function groups<T, K>(records: readonly T[], key: (record: T) => K): Map<string, { readonly key: K; readonly values: T[] }> {
  const found = new Map<string, { key: K; values: T[] }>();
  for (const record of records) {
    const text = JSON.stringify(key(record));
    const group = found.get(text) ?? { key: key(record), values: [] };
    group.values.push(record);
    found.set(text, group);
  }
  return found;
}

function folds<T, K, R>(records: readonly T[], key: (record: T) => K, fold: (values: T[], key: K) => R): R[] {
  return [...groups(records, key).values()].map(({ key: k, values }) => fold(values, k));
}

const total = (of: readonly Sale[]): number => of.reduce((sum, { amount }) => sum + amount, 0);

function joined(
  data: { readonly sales: readonly Sale[]; readonly users: readonly User[] },
  keeps: { left?: boolean; right?: boolean },
): unknown[] {
  const pairs: unknown[] = [];
  for (const left of data.sales) {
    const matches = data.users.filter(right => right.user === left.user);
    for (const right of matches) pairs.push([left.user, { left, right }]);
    if (matches.length === 0 && keeps.left === true) pairs.push([left.user, { left }]);
  }
  if (keeps.right === true) {
    for (const right of data.users) if (!data.sales.some(left => left.user === right.user)) pairs.push([right.user, { right }]);
  }
  return pairs;
}

const nullFirst = (a: number | null, b: number | null): number => (a === b ? 0 : a === null ? -1 : b === null ? 1 : a - b);

const cases: readonly Case[] = [
  {
    name: 'map, filter, flatMap, peek',
    plan: ({ sales: s }) =>
      s
        .map(({ id, amount }) => ({ id, amount: amount * 2 }))
        .filter(({ amount }) => amount >= 0)
        .peek((_, context) => context.count('seen'))
        .flatMap(({ id, amount }) => [id, amount])
        .write(out),
    expected: data => data.sales.flatMap(({ id, amount }) => (amount >= 0 ? [id, amount * 2] : [])).map(n => (Object.is(n, -0) ? 0 : n)),
  },
  {
    name: 'countBy a column, rows',
    plan: ({ sales: s }) => s.countBy('day').rows('day', 'n').write(out),
    expected: data =>
      folds(
        data.sales,
        r => r.day,
        (of, day) => ({ day, n: of.length }),
      ),
  },
  {
    name: 'countBy of records that are keys',
    plan: ({ sales: s }) =>
      s
        .map(r => r.day)
        .countBy()
        .entries()
        .write(out),
    expected: data =>
      folds(
        data.sales,
        r => r.day,
        (of, day) => [day, of.length],
      ),
  },
  {
    name: 'keyBy columns, sum',
    plan: ({ sales: s }) =>
      s
        .keyBy(['day', 'user'])
        .sum('amount')
        .entries()
        .map(([[day, u], amount]) => ({ day, user: u, amount }))
        .write(out),
    expected: data =>
      folds(
        data.sales,
        r => [r.day, r.user] as const,
        (of, [day, u]) => ({ day, user: u, amount: total(of) }),
      ),
  },
  {
    name: 'keyBy a function, mapValues, reduce',
    plan: ({ sales: s }) =>
      s
        .keyBy(r => r.user)
        .mapValues(r => r.amount)
        .reduce((a, b) => Math.max(a, b))
        .entries()
        .write(out),
    expected: data =>
      folds(
        data.sales,
        r => r.user,
        (of, u) => [u, Math.max(...of.map(r => r.amount))],
      ),
  },
  {
    name: 'aggregate',
    plan: ({ sales: s }) =>
      s
        .keyBy('user')
        .aggregate({
          rows: agg.count(),
          amount: agg.sum('amount'),
          mean: agg.mean('amount'),
          least: agg.min('day'),
          most: agg.max('amount'),
          first: agg.first('id'),
          last: agg.last('id'),
          all: agg.collect('id'),
        })
        .rows('user')
        .write(out),
    expected: data =>
      folds(
        data.sales,
        r => r.user,
        (of, u) => ({
          user: u,
          rows: of.length,
          amount: total(of),
          mean: total(of) / of.length,
          least: of.map(r => r.day).sort()[0],
          most: Math.max(...of.map(r => r.amount)),
          first: of[0]?.id,
          last: of.at(-1)?.id,
          all: of.map(r => r.id),
        }),
      ),
  },
  {
    name: 'group with sorted values',
    plan: ({ sales: s }) =>
      s
        .keyBy('day')
        .group(
          function* (day, values) {
            yield { day, ids: [...values].map(v => v.id) };
          },
          { sortValuesBy: { by: 'amount', desc: true } },
        )
        .write(out),
    expected: data =>
      folds(
        data.sales,
        r => r.day,
        (of, day) => ({ day, ids: [...of].sort((a, b) => b.amount - a.amount).map(v => v.id) }),
      ),
  },
  {
    name: 'topPerKey',
    plan: ({ sales: s }) => s.keyBy('day').topPerKey(2, 'amount').entries().write(out),
    expected: data =>
      folds(
        data.sales,
        r => r.day,
        (of, day) => [day, [...of].sort((a, b) => b.amount - a.amount).slice(0, 2)],
      ),
  },
  {
    name: 'distinct by a column',
    plan: ({ sales: s }) => s.distinct('user').write(out),
    expected: data =>
      folds(
        data.sales,
        r => r.user,
        of => of[0],
      ),
  },
  {
    name: 'distinct of records that are keys',
    plan: ({ sales: s }) =>
      s
        .map(r => r.day)
        .distinct()
        .write(out),
    expected: data => [...new Set(data.sales.map(r => r.day))],
  },
  {
    name: 'join',
    plan: ({ sales: s, users: u }) => s.keyBy('user').join(u.keyBy('user')).entries().write(out),
    expected: data => joined(data, {}),
  },
  {
    name: 'leftJoin',
    plan: ({ sales: s, users: u }) => s.keyBy('user').leftJoin(u.keyBy('user')).entries().write(out),
    expected: data => joined(data, { left: true }),
  },
  {
    name: 'rightJoin',
    plan: ({ sales: s, users: u }) => s.keyBy('user').rightJoin(u.keyBy('user')).entries().write(out),
    expected: data => joined(data, { right: true }),
  },
  {
    name: 'fullJoin',
    plan: ({ sales: s, users: u }) => s.keyBy('user').fullJoin(u.keyBy('user')).entries().write(out),
    expected: data => joined(data, { left: true, right: true }),
  },
  {
    name: 'join, broadcast',
    plan: ({ sales: s, users: u }) => s.keyBy('user').join(u.keyBy('user'), { broadcast: true }).entries().write(out),
    expected: data => joined(data, {}),
  },
  {
    name: 'leftJoin, broadcast, of a reduced side',
    plan: ({ sales: s, users: u }) => s.keyBy('user').leftJoin(u.distinct('user').keyBy('user'), { broadcast: true }).entries().write(out),
    expected: data =>
      joined(
        {
          ...data,
          users: folds(
            data.users,
            r => r.user,
            of => of[0] as User,
          ),
        },
        { left: true },
      ),
  },
  {
    name: 'semiJoin',
    plan: ({ sales: s, users: u }) => s.keyBy('user').semiJoin(u.keyBy('user')).entries().write(out),
    expected: data => data.sales.filter(r => data.users.some(o => o.user === r.user)).map(r => [r.user, r]),
  },
  {
    name: 'antiJoin',
    plan: ({ sales: s, users: u }) => s.keyBy('user').antiJoin(u.keyBy('user')).entries().write(out),
    expected: data => data.sales.filter(r => !data.users.some(o => o.user === r.user)).map(r => [r.user, r]),
  },
  {
    name: 'join of a union',
    plan: ({ sales: s, users: u }) =>
      s
        .union(s.filter(r => r.amount > 0))
        .keyBy('user')
        .join(u.union(u).keyBy('user'))
        .entries()
        .write(out),
    expected: data =>
      joined({ sales: [...data.sales, ...data.sales.filter(r => r.amount > 0)], users: [...data.users, ...data.users] }, {}),
  },
  {
    name: 'union of several sources',
    plan: ({ sales: s, users: u }) =>
      s
        .map(r => r.user)
        .union(u.map(r => r.user))
        .write(out),
    expected: data => [...data.sales.map(r => r.user), ...data.users.map(r => r.user)],
  },
  {
    name: 'sortBy several orders',
    plan: ({ sales: s }) => s.sortBy('user', { by: 'amount', desc: true }).write(out),
    expected: data => [...data.sales].sort((a, b) => nullFirst(a.user, b.user) || b.amount - a.amount),
    ordered: true,
  },
  {
    name: 'sortBy a union',
    plan: ({ sales: s, users: u }) =>
      s
        .map(r => r.user ?? 0)
        .union(u.map(r => r.user ?? 0))
        .sortBy(n => n)
        .write(out),
    expected: data => [...data.sales.map(r => r.user ?? 0), ...data.users.map(r => r.user ?? 0)].sort((a, b) => a - b),
    ordered: true,
  },
  {
    name: 'top',
    plan: ({ sales: s }) => s.top(3, 'amount').write(out),
    expected: data => [...data.sales].sort((a, b) => b.amount - a.amount).slice(0, 3),
    ordered: true,
  },
  {
    name: 'pairs',
    plan: ({ sales: s }) =>
      s
        .map(r => [r.day, r.amount])
        .pairs()
        .sum(n => n)
        .entries()
        .write(out),
    expected: data =>
      folds(
        data.sales,
        r => r.day,
        (of, day) => [day, total(of)],
      ),
  },
  {
    name: 'a chain of groups, a join and a sort',
    plan: ({ sales: s, users: u }) =>
      s
        .keyBy('user')
        .sum('amount')
        .leftJoin(u.distinct('user').keyBy('user'))
        .entries()
        .map(([key, v]) => ({ user: key, amount: v.left, plan: v.right?.plan ?? 'unknown' }))
        .sortBy('plan', { by: 'amount', desc: true }, 'user')
        .write(out),
    expected: data =>
      folds(
        data.sales,
        r => r.user,
        (of, key) => ({ user: key, amount: total(of), plan: data.users.find(o => o.user === key)?.plan ?? 'unknown' }),
      ).sort((a, b) => (a.plan < b.plan ? -1 : a.plan > b.plan ? 1 : b.amount - a.amount || nullFirst(a.user, b.user))),
    ordered: true,
  },
];

const sorted = (records: readonly unknown[]): string[] => records.map(record => JSON.stringify(record)).sort();

test.each(cases)('$name gives what arrays give', async ({ plan, expected, ordered }) => {
  await fc.assert(
    fc.asyncProperty(sales, users, async (s, u) => {
      const ran = await runPlan({ sales: s, users: u }, plan);
      expect(ran.error).toBe(null);
      const want = expected({ sales: s, users: u });
      const got = ran.outputs.out ?? [];
      if (ordered === true) expect(got).toEqual(want);
      else expect(sorted(got)).toEqual(sorted(want));
    }),
    { numRuns: 12 },
  );
});

test('a collection that is used twice is computed once', async () => {
  const data = { sales: [1, 2, 3].map(id => ({ id, user: 1, day: 'mo', amount: id })) };
  let calls = 0;
  const ran = await runPlan(data, ({ sales: s }) => {
    const seen = s.map(r => {
      calls++;
      return r;
    });
    seen.countBy('day').entries().write(to.jsonl('counts'));
    seen.write(to.jsonl('all'));
  });
  expect(ran.outputs.counts).toEqual([['mo', 3]]);
  expect(ran.outputs.all).toHaveLength(3);
  expect(calls).toBe(3);
});
