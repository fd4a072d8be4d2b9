// Records with their index, in other partitions, and sorted within them, against plain arrays.

import fc from 'fast-check';
import { to } from 'sheaf';
import { expect, test } from 'vitest';
import { runPlan, type Sale, type TestFlow } from './run-plan.ts';

const sale: fc.Arbitrary<Sale> = fc.record({
  id: fc.nat(1000),
  user: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(null)),
  day: fc.constantFrom('mo', 'tu', 'we'),
  amount: fc.nat(50),
});
const sales = fc.array(sale, { maxLength: 30 });
const one: Sale = { id: 7, user: null, day: 'mo', amount: 0 };
const out = to.jsonl('out');

async function written(data: readonly Sale[], plan: (flow: TestFlow) => void, memoryMb: number): Promise<readonly unknown[]> {
  const ran = await runPlan({ sales: data }, plan, { memoryMb });
  expect(ran.error).toBe(null);
  return ran.outputs.out ?? [];
}

/** For no record, one record, and records by chance, with little and much memory. */
async function always(holds: (data: readonly Sale[], memoryMb: number) => Promise<void>): Promise<void> {
  await holds([], 16);
  await holds([one], 16);
  await fc.assert(fc.asyncProperty(sales, fc.constantFrom(16, 64), holds), { numRuns: 8 });
}

const plain = (record: unknown): string => JSON.stringify(record);

test('zipWithIndex counts in input order, and keeps it', async () => {
  await always(async (data, memoryMb) => {
    const got = await written(data, ({ sales: s }) => s.zipWithIndex().write(out), memoryMb);
    expect(got).toEqual(data.map((record, i) => [record, i]));
  });
});

test('zipWithIndex of a union counts one collection after the other', async () => {
  await always(async (data, memoryMb) => {
    const plan = ({ sales: s }: TestFlow): void =>
      s
        .map(r => r.id)
        .union(s.flatMap(r => (r.amount > 10 ? [r.day, r.day] : [])))
        .zipWithIndex()
        .write(out);
    const want = [...data.map(r => r.id), ...data.flatMap(r => (r.amount > 10 ? [r.day, r.day] : []))];
    expect(await written(data, plan, memoryMb)).toEqual(want.map((record, i) => [record, i]));
  });
});

test('zipWithIndex over many records of several tasks', async () => {
  const data = Array.from({ length: 40_000 }, (_, id) => ({ ...one, id }));
  const got = (await written(
    data,
    ({ sales: s }) =>
      s
        .map(r => r.id)
        .zipWithIndex()
        .write(out),
    16,
  )) as [number, number][];
  expect(got.length).toBe(40_000);
  expect(got.every(([id, index], i) => id === i && index === i)).toBe(true);
});

test('repartition deals every record to one of so many partitions, evenly', async () => {
  await always(async (data, memoryMb) => {
    const plan = ({ sales: s }: TestFlow): void =>
      s
        .repartition(3)
        .map((r, context) => [context.task.index, r])
        .write(out);
    const got = (await written(data, plan, memoryMb)) as [number, Sale][];
    expect(got.map(([, r]) => plain(r)).sort()).toEqual(data.map(plain).sort());
    const sizes = [0, 1, 2].map(part => got.filter(([at]) => at === part).length);
    // Each of the two tasks deals evenly.
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(2);
    expect(got.every(([at]) => at >= 0 && at < 3)).toBe(true);
    const asked = await written(data, ({ sales: s }) => s.repartition().write(out), memoryMb);
    expect(asked.map(plain).sort()).toEqual(data.map(plain).sort());
  });
});

test('sortWithin sorts each partition', async () => {
  await always(async (data, memoryMb) => {
    const plan = ({ sales: s }: TestFlow): void =>
      s
        .repartition(2)
        .sortWithin('day', { by: 'amount', desc: true })
        .map((r, context) => [context.task.index, r])
        .write(out);
    const got = (await written(data, plan, memoryMb)) as [number, Sale][];
    expect(got.map(([, r]) => plain(r)).sort()).toEqual(data.map(plain).sort());
    for (const part of [0, 1]) {
      const records = got.filter(([at]) => at === part).map(([, r]) => [r.day, r.amount] as const);
      const sorted = [...records].sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : b[1] - a[1]));
      expect(records).toEqual(sorted);
    }
  });
});

test('repartition by a function sends each record where it says, in input order', async () => {
  const placed = ({ user, amount }: Sale, partitions: number): number => ((user ?? 0) * 7 + (amount % 3)) % partitions;
  await always(async (data, memoryMb) => {
    const plan = ({ sales: s }: TestFlow): void =>
      s
        .repartition(3, placed)
        .map((r, context) => [context.task.index, r])
        .write(out);
    const want = [0, 1, 2].flatMap(part => data.filter(r => placed(r, 3) === part).map(r => [part, r]));
    expect(await written(data, plan, memoryMb)).toEqual(want);
  });
});

test('sortWithin sorts partitions that the job has cut; equal ones keep input order', async () => {
  const placed = ({ day }: Sale): number => (day === 'mo' ? 3 : 1);
  await always(async (data, memoryMb) => {
    const plan = ({ sales: s }: TestFlow): void =>
      s
        .repartition(4, placed)
        .sortWithin('user', { by: r => r.amount % 3, desc: true })
        .write(out);
    const sorted = [...data].sort((a, b) => placed(a) - placed(b) || (a.user ?? 0) - (b.user ?? 0) || (b.amount % 3) - (a.amount % 3));
    expect(JSON.stringify(await written(data, plan, memoryMb))).toBe(JSON.stringify(sorted));
  });
});

test('one partition by a function is checked too', async () => {
  const ran = await runPlan({ sales: [one] }, ({ sales: s }) => s.repartition(1, () => 1).write(out));
  expect(ran.error).toBe('partition(record, 1) gave 1; it must give an integer from 0 to 0');
});

test.each<[string, (flow: TestFlow) => unknown, string]>([
  [
    'a partition function without a number',
    ({ sales: s }) => s.repartition(undefined as never, () => 0),
    'as in repartition(8, partition)',
  ],
  ['a partition function that is none', ({ sales: s }) => s.repartition(2, 'day' as never), 'repartition: partition takes a function'],
  ['an asynchronous one', ({ sales: s }) => s.repartition(2, (async () => 0) as never), 'is asynchronous'],
  ['no partition', ({ sales: s }) => s.repartition(0), 'the number of partitions is a whole number from 1'],
  ['no partitions to sort within', ({ sales: s }) => s.sortWithin('day'), 'repartition(8).sortWithin'],
  ['partitions of no number to sort within', ({ sales: s }) => s.repartition().sortWithin('day'), 'repartition(8).sortWithin'],
  ['no order', ({ sales: s }) => s.repartition(2).sortWithin(), 'at least one order'],
  ['an order by no column', ({ sales: s }) => s.repartition(2).sortWithin(7 as never), 'sortWithin'],
])('%s is refused in the plan', async (_, plan, words) => {
  await expect(runPlan({}, flow => void plan(flow))).rejects.toThrow(words);
});
