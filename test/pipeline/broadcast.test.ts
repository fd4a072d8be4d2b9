// Broadcasts: what every function behind one reads, against plain arrays; how they lie in the graph; what is refused.

import { fc, test as property } from '@fast-check/vitest';
import { openJob } from '@sheaf/job/open';
import { type Broadcast, defineJob, from, to } from 'sheaf';
import { describe, expect, test } from 'vitest';
import { runJob } from '../cluster/inline/run-job.ts';
import { runPlan, type Sale, type User } from './run-plan.ts';

const sale = fc.record({ id: fc.integer(), user: fc.nat(5), day: fc.constantFrom('mon', 'tue'), amount: fc.nat(100) });
const user = fc.record({ user: fc.nat(5), plan: fc.constantFrom('pro', 'free') });
const some = { numRuns: 15 };

describe('the records of a collection', () => {
  property.prop([fc.array(sale, { maxLength: 30 }), fc.array(user, { maxLength: 8 })], some)(
    'are there in every later function',
    async (sales, users) => {
      const ran = await runPlan({ sales, users }, ({ broadcast, sales, users }) => {
        const all = broadcast(users.filter(({ plan }) => plan === 'pro'));
        const byUser = broadcast(users, known => new Map(known.map(({ user, plan }) => [user, plan] as const)));
        sales.map(({ id, user }) => ({ id, plan: byUser.value.get(user) ?? 'none', pros: all.value.length })).write(to.jsonl('mapped'));
        sales
          .keyBy(({ user }) => byUser.value.get(user) ?? 'none')
          .sum(({ amount }) => amount + all.value.length)
          .rows('plan', 'amount')
          .write(to.jsonl('summed'));
      });
      const plans = new Map<number | null, string>(users.map(({ user, plan }) => [user, plan]));
      const pros = users.filter(({ plan }) => plan === 'pro').length;
      const planOf = ({ user }: Sale): string => plans.get(user) ?? 'none';
      expect(ran.outputs.mapped).toEqual(sales.map(sale => ({ id: sale.id, plan: planOf(sale), pros })));
      const sums = new Map<string, number>();
      for (const sale of sales) sums.set(planOf(sale), (sums.get(planOf(sale)) ?? 0) + sale.amount + pros);
      expect(new Map(ran.outputs.summed?.map(row => Object.values(row as object) as [string, number]))).toEqual(sums);
    },
  );

  property.prop([fc.array(sale, { maxLength: 30 })], some)(
    'may come of the very records that read them, which keep their order',
    async sales => {
      const ran = await runPlan({ sales }, ({ broadcast, sales }) => {
        const total = broadcast(
          sales
            .keyBy(() => 'all')
            .sum('amount')
            .entries(),
          ([all]) => all?.[1] ?? 0,
        );
        const shares = sales.map(({ id, amount }) => ({ id, share: amount / total.value }));
        const largest = broadcast(shares.top(1, 'share'));
        shares.filter(({ share }) => share === largest.value[0]?.share).write(to.jsonl('largest'));
        shares.write(to.jsonl('shares'));
      });
      const total = sales.reduce((sum, { amount }) => sum + amount, 0);
      const shares = sales
        .map(({ id, amount }) => ({ id, share: amount / total }))
        .map(({ id, share }) => ({ id, share: Number.isNaN(share) ? 0 : share }));
      fc.pre(total > 0);
      expect(ran.outputs.shares).toEqual(shares);
      const most = Math.max(...shares.map(({ share }) => share));
      expect(ran.outputs.largest).toEqual(shares.filter(({ share }) => share === most));
    },
  );
});

const sales: readonly Sale[] = Array.from({ length: 20 }, (_, id) => ({ id, user: id % 3, day: 'mon', amount: id }));
const users: readonly User[] = [{ user: 1, plan: 'pro' }];

test('a value is there as it was, and one that a function gives is made once', async () => {
  let made = 0;
  const value = { since: new Date(7), big: 2n ** 70n };
  const job = defineJob({
    name: 'values',
    plan({ read, broadcast }) {
      const plain = broadcast(value);
      const later = broadcast(async () => ++made);
      const lines = read(from.text('in')).map(line => [line, plain.value.big, plain.value.since, later.value] as const);
      return {
        lines: lines.collect(),
        doubled: lines
          .repartition(3)
          .map(() => later.value * 2)
          .collect(),
      };
    },
  });
  const ran = await runJob(job, { files: { 'in/a': 'x\n', 'in/b': 'y\n' } });
  expect(ran.status.error).toBeNull();
  expect(made).toBe(1);
  const compiled = openJob(job).compile({});
  const readers = compiled.graph.stages.filter(({ steps }) => steps.some(step => step.type === 'load' && step.give !== undefined));
  expect(readers.length).toBeGreaterThan(0);
});

test('only stages that run code behind a broadcast load it, and nothing is sent again without need', () => {
  const job = defineJob({
    name: 'loads',
    plan({ read, broadcast }) {
      const sales = read(from.jsonl('sales', { id: 'integer', user: 'integer' }));
      const users = read(from.jsonl('users', { user: 'integer', plan: 'text' }));
      const before = sales.map(({ id }) => ({ id }));
      const known = broadcast(users);
      users.sortBy('plan').write(to.jsonl('plans'));
      before.write(to.jsonl('before'));
      sales.filter(({ user }) => known.value.some(one => one.user === user)).write(to.jsonl('after'));
    },
  });
  const { stages } = openJob(job).compile({}).graph;
  const loads = stages.map(({ name, steps }) => [name, steps.filter(step => step.type === 'load' && step.give !== undefined).length]);
  expect(Object.fromEntries(loads)).toEqual({ read: 0, splitters: 0, sort: 0, 'read 2': 1 });
});

test('what it cannot be is refused, with the operator that is meant', async () => {
  const failing = async (plan: Parameters<typeof runPlan>[1]): Promise<string> => {
    const ran = await runPlan({ sales, users }, plan).catch((error: Error) => ({ error: error.message }));
    return ran.error ?? 'it ran';
  };
  expect(await failing(({ broadcast, sales }) => void broadcast(sales.keyBy('user')))).toContain('say entries() or rows()');
  expect(await failing(({ broadcast, sales }) => void broadcast(sales, 5 as never))).toContain('a function of its records, not number');
  const early: { cell?: Broadcast<readonly User[]> } = {};
  const before = await failing(({ broadcast, sales, users }) => {
    const numbers = users.map(() => early.cell?.value.length);
    early.cell = broadcast(users);
    sales.map(() => early.cell?.value.length).write(to.jsonl('later'));
    numbers.write(to.jsonl('early'));
  });
  expect(before).toContain('there for functions in tasks alone, of the operators that stand behind it in the plan');
  expect(
    await failing(({ broadcast, sales }) => {
      const name = broadcast(() => {
        throw new RangeError('no name');
      });
      sales.map(() => name.value).write(to.jsonl('named'));
    }),
  ).toContain('broadcast: the function threw RangeError: no name');
});

test('more than an eighth of the heap is refused at once', async () => {
  const job = defineJob({
    name: 'large',
    settings: { heapMb: 32 },
    plan({ read, broadcast }) {
      const many = broadcast(read(from.items(() => Array.from({ length: 500 }, () => 'x'.repeat(10_000)), { perTask: 250 })));
      read(from.text('in'))
        .map(() => many.value.length)
        .write(to.jsonl('out'));
    },
  });
  const { status } = await runJob(job, { files: { in: 'x\n' }, large: true });
  expect(status.error).toMatchObject({ code: 'E_BROADCAST_TOO_LARGE' });
  expect(status.error?.message).toMatch(/more than 4194304 bytes, an eighth of settings.heapMb/);
});
