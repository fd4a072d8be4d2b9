// Cogroups, broadcast semi and anti joins, batches, samples and programs, each against plain arrays, and their misuses.

import fc from 'fast-check';
import { agg, to } from 'sheaf';
import { expect, test } from 'vitest';
import { runPlan, type Sale, type TestFlow, type User } from './run-plan.ts';

const user = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(null));
const sale: fc.Arbitrary<Sale> = fc.record({ id: fc.nat(1000), user, day: fc.constantFrom('mo', 'tu', 'we'), amount: fc.nat(50) });
const sales = fc.array(sale, { maxLength: 30 });
const users: fc.Arbitrary<User[]> = fc.array(fc.record({ user, plan: fc.constantFrom('pro', 'free') }), { maxLength: 6 });
const out = to.jsonl('out');
const later = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

interface Case {
  readonly name: string;
  readonly plan: (flow: TestFlow) => void;
  readonly expected: (data: { readonly sales: readonly Sale[]; readonly users: readonly User[] }) => unknown[];
}

const keysOf = (of: readonly (Sale | User)[]): (number | null)[] => [...new Set(of.map(r => r.user))];

const cases: readonly Case[] = [
  {
    name: 'cogroup',
    plan: ({ sales: s, users: u }) =>
      s
        .keyBy('user')
        .cogroup(u.keyBy('user'), function* (key, left, right) {
          yield { key, left: [...left].map(r => r.id), right: [...right].map(r => r.plan) };
        })
        .write(out),
    expected: data =>
      keysOf([...data.sales, ...data.users]).map(key => ({
        key,
        left: data.sales.filter(r => r.user === key).map(r => r.id),
        right: data.users.filter(r => r.user === key).map(r => r.plan),
      })),
  },
  {
    name: 'cogroup that reads the right side alone',
    plan: ({ sales: s, users: u }) =>
      s
        .keyBy('user')
        .cogroup(u.keyBy('user'), (key, _, right) => [[key, [...right].length]])
        .write(out),
    expected: data => keysOf([...data.sales, ...data.users]).map(key => [key, data.users.filter(r => r.user === key).length]),
  },
  {
    name: 'semiJoin, broadcast',
    plan: ({ sales: s, users: u }) => s.keyBy('user').semiJoin(u.keyBy('user'), { broadcast: true }).entries().write(out),
    expected: data => data.sales.filter(r => data.users.some(o => o.user === r.user)).map(r => [r.user, r]),
  },
  {
    name: 'antiJoin, broadcast',
    plan: ({ sales: s, users: u }) => s.keyBy('user').antiJoin(u.keyBy('user'), { broadcast: true }).entries().write(out),
    expected: data => data.sales.filter(r => !data.users.some(o => o.user === r.user)).map(r => [r.user, r]),
  },
  {
    name: 'joins, broadcast, with what was made of the left side itself',
    plan: ({ sales: s }) => {
      const days = s.keyBy('day').aggregate({ sales: agg.count(), most: agg.max('amount') });
      const large = days.entries().filter(([, { most }]) => most > 0);
      const joined = s.keyBy('day').semiJoin(large.pairs(), { broadcast: true });
      joined.leftJoin(days, { broadcast: true }).entries().write(out);
    },
    expected: data =>
      data.sales.flatMap(left => {
        const amounts = data.sales.filter(({ day }) => day === left.day).map(({ amount }) => amount);
        const most = Math.max(...amounts);
        return most > 0 ? [[left.day, { left, right: { sales: amounts.length, most } }]] : [];
      }),
  },
  {
    name: 'mapBatch, asynchronous, then a group',
    plan: ({ sales: s }) =>
      s
        .mapBatch(
          3,
          async records => {
            await later();
            return records.map(r => ({ ...r, amount: r.amount + 1 }));
          },
          { concurrency: 2 },
        )
        .countBy('amount')
        .entries()
        .mapBatch(2, pairs => pairs.map(([amount, n]) => ({ amount, n })))
        .write(out),
    expected: data => {
      const counts = new Map<number, number>();
      for (const { amount } of data.sales) counts.set(amount + 1, (counts.get(amount + 1) ?? 0) + 1);
      return [...counts].map(([amount, n]) => ({ amount, n }));
    },
  },
  { name: 'sample of all', plan: ({ sales: s }) => s.sample(1).cache().write(out), expected: data => [...data.sales] },
  { name: 'sample of none', plan: ({ sales: s }) => s.sample(0).write(out), expected: () => [] },
];

const sorted = (records: readonly unknown[]): string[] => records.map(record => JSON.stringify(record)).sort();

async function gives({ plan, expected }: Case, data: { readonly sales: Sale[]; readonly users: User[] }, memoryMb: number): Promise<void> {
  const ran = await runPlan(data, plan, { memoryMb });
  expect(ran.error).toBe(null);
  expect(sorted(ran.outputs.out ?? [])).toEqual(sorted(expected(data)));
}

test.each(cases)('$name gives what arrays give', async one => {
  await gives(one, { sales: [], users: [] }, 16);
  await gives(one, { sales: [{ id: 1, user: 1, day: 'mo', amount: 1 }], users: [] }, 64);
  await fc.assert(
    fc.asyncProperty(sales, users, fc.constantFrom(16, 64), async (s, u, memoryMb) => gives(one, { sales: s, users: u }, memoryMb)),
    { numRuns: 8 },
  );
});

const many = (count: number): Sale[] => Array.from({ length: count }, (_, id) => ({ id, user: 1, day: 'mo', amount: id % 7 }));

test('a join of one key with more left values than are held on the heap gives every pair, in order, and leaves nothing', async () => {
  const data = {
    sales: many(60_000),
    users: [
      { user: 1, plan: 'pro' },
      { user: 1, plan: 'free' },
    ],
  };
  const ran = await runPlan(
    data,
    ({ sales: s, users: u }) =>
      s
        .keyBy('user')
        .join(u.keyBy('user'))
        .entries()
        .map(([, { left, right }]) => [left.id, right.plan])
        .write(out),
    { memoryMb: 16 },
  );
  expect(ran.error).toBe(null);
  const pairs = (ran.outputs.out ?? []) as [number, string][];
  expect(pairs.length).toBe(120_000);
  expect(pairs.every(([id, plan], i) => id === i % 60_000 && plan === (i < 60_000 ? 'pro' : 'free'))).toBe(true);
});

test('batches keep their order, and no more are under way than was said', async () => {
  let running = 0;
  let most = 0;
  const ran = await runPlan({ sales: many(200) }, ({ sales: s }) =>
    s
      .mapBatch(
        4,
        async records => {
          most = Math.max(most, ++running);
          for (let turns = (records[0]?.id ?? 0) % 5; turns >= 0; turns--) await later();
          running--;
          return records;
        },
        { concurrency: 3 },
      )
      .write(out),
  );
  expect(ran.outputs.out).toEqual(many(200));
  expect(most).toBe(3);
});

test('a batch that is rejected fails the job', async () => {
  const ran = await runPlan({ sales: many(20) }, ({ sales: s }) =>
    s
      .mapBatch(4, async records => {
        await later();
        if (records.some(r => r.id === 6)) throw new RangeError('no answer');
        return records;
      })
      .write(out),
  );
  expect(ran.error).toBe('RangeError: no answer');
});

test('a sample is of about the rate, in order, the same again, and another with another seed', async () => {
  const sampled = async (seed: number): Promise<readonly unknown[]> =>
    (
      await runPlan({ sales: many(10_000) }, ({ sales: s }) =>
        s
          .sample(0.3, seed)
          .map(r => r.id)
          .write(out),
      )
    ).outputs.out ?? [];
  const first = await sampled(1);
  expect(first.length).toBeGreaterThan(2_750);
  expect(first.length).toBeLessThan(3_250);
  expect(first).toEqual([...first].sort((a, b) => Number(a) - Number(b)));
  expect(await sampled(1)).toEqual(first);
  expect(await sampled(2)).not.toEqual(first);
});

test('lines go through a program and back in order, also none', async () => {
  const data = { sales: many(30_000) };
  const ran = await runPlan(data, ({ sales: s }) =>
    s
      .map(r => `a${r.id}`)
      .pipe(['tr', 'a', 'b'])
      .write(out),
  );
  expect(ran.error).toBe(null);
  expect(ran.outputs.out).toEqual(data.sales.map(r => `b${r.id}`));
  const none = await runPlan({}, ({ sales: s }) =>
    s
      .map(r => r.day)
      .pipe(['cat'])
      .write(out),
  );
  expect(none.error).toBe(null);
  expect(none.outputs.out).toEqual([]);
});

test('a program that reads no further than it wants is right when it says so', async () => {
  const ran = await runPlan({ sales: many(30_000) }, ({ sales: s }) =>
    s
      .map(r => `${r.id}`)
      .pipe(['head', '-n', '1'])
      .write(out),
  );
  expect(ran.error).toBe(null);
  expect(ran.outputs.out).toEqual(['0', '15000']);
});

test.each([
  [['sh', '-c', 'cat > /dev/null; echo not today >&2; exit 3'], 'exited with 3: not today'],
  [['no-such-program'], 'could not be started'],
])('a program that fails: %s', async (command, words) => {
  const ran = await runPlan({ sales: many(10) }, ({ sales: s }) =>
    s
      .map(r => r.day)
      .pipe(command)
      .write(out),
  );
  expect(ran.error).toContain(words);
});

test('left values that are asked for after right ones are an error that says so', async () => {
  const data = { sales: many(3), users: [{ user: 1, plan: 'pro' }] };
  const ran = await runPlan(data, ({ sales: s, users: u }) =>
    s
      .keyBy('user')
      .cogroup(u.keyBy('user'), (_, left, right) => [[...right].length, [...left].length])
      .write(out),
  );
  expect(ran.error).toContain('read left before right');
});

test.each<[string, (flow: TestFlow) => unknown, string]>([
  ['a size of none', ({ sales: s }) => s.mapBatch(0, r => r), 'the size of a batch is a whole number from 1'],
  ['no concurrency', ({ sales: s }) => s.mapBatch(1, r => r, { concurrency: 0 }), 'concurrency is a whole number from 1'],
  ['a rate of two', ({ sales: s }) => s.sample(2), 'a rate from 0 to 1'],
  ['an empty command', ({ sales: s }) => s.map(r => r.day).pipe([]), 'a command as a list of words'],
])('%s is refused in the plan', async (_, plan, words) => {
  await expect(runPlan({}, flow => void plan(flow))).rejects.toThrow(words);
});
