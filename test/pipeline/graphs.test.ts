// Plans compile to the stages they should: what is fused, what is shuffled, and where values are combined on the way.

import { openJob } from '@sheaf/job/open';
import type { Edge, StageGraph, Step } from '@sheaf/protocol/graph';
import fc from 'fast-check';
import { agg, type Collection, defineJob, type Flow, from, to } from 'sheaf';
import { expect, test } from 'vitest';
import { runPlan, type User } from './run-plan.ts';

interface Row {
  readonly user: number;
  readonly plan: string;
  readonly amount: number;
}

interface Plan extends Flow<unknown> {
  readonly sales: Collection<Row>;
  readonly users: Collection<Row>;
}

function graphOf(plan: (flow: Plan) => void): StageGraph {
  const columns = { user: 'integer', plan: 'text', amount: 'number' } as const;
  const job = defineJob({
    name: 'x',
    plan({ params, read, broadcast }) {
      plan({ params, read, broadcast, sales: read(from.csv('sales', columns)), users: read(from.csv('users', columns)) });
    },
  });
  return openJob(job).compile(undefined).graph;
}

/** Each stage as `name: step → step`, each edge as `from → to` with its key, value, combiner and partitioner. */
function shape(plan: (flow: Plan) => void): string[] {
  const { stages, edges } = graphOf(plan);
  return [...stages.map(({ name, steps }) => `${name}: ${steps.map(stepText).join(', ')}`), ...edges.map(edgeText)];
}

function stepText(step: Step): string {
  switch (step.type) {
    case 'call':
      return step.function.role;
    case 'receive':
      return `receive ${step.edges.join('+')}`;
    case 'emit':
      return `emit ${step.edge}`;
    case 'join':
      return `${step.kind} join`;
    default:
      return step.type;
  }
}

function edgeText(edge: Edge): string {
  const ends = `${edge.from} → ${edge.to}`;
  if (edge.type === 'broadcast') return `${ends} broadcast`;
  const { key, value, combine, partitioner } = edge.shuffle;
  const keys = key.map(({ select, desc }) => `${select.type === 'column' ? select.name : select.type}${desc ? ' desc' : ''}`);
  const fold = combine === null ? '' : ` combined by ${combine.type === 'built-in' ? combine.name : combine.type}`;
  return `${ends} ${partitioner.type} (${keys.join(', ')}) ${value.type === 'column' ? value.name : value.type}${fold}`;
}

test('word count stays on bytes until its rows', () => {
  expect(shape(({ read }) => read(from.text('in').words()).countBy().rows('word', 'n').write(to.csv('out')))).toEqual([
    'read: read, emit 0',
    'count: receive 0, fold, map, write',
    '0 → 1 hash (record) constant combined by sum',
  ]);
});

test('an aggregate has a combiner, and what follows it is fused', () => {
  const plan = ({ sales }: Plan): void =>
    sales
      .keyBy('user')
      .aggregate({ n: agg.count(), amount: agg.sum('amount') })
      .rows('user')
      .filter(row => row.n > 1)
      .write(to.csv('out'));
  expect(shape(plan)).toEqual([
    'read: read, emit 0',
    'aggregate: receive 0, fold, map, filter, write',
    '0 → 1 hash (user) record combined by columns',
  ]);
});

test('a join shuffles each side once', () => {
  expect(shape(({ sales, users }) => sales.keyBy('user').join(users.keyBy('user')).entries().write(to.jsonl('out')))).toEqual([
    'read: read, emit 0',
    'read 2: read, emit 1',
    'join: receive 0+1, inner join, write',
    '0 → 2 hash (user) record',
    '1 → 2 hash (user) record',
  ]);
});

test('the rounds of a loop are numbered in the order they run in', () => {
  const plan = ({ sales }: Plan): void => {
    let totals = sales.keyBy('user').sum('amount');
    for (let round = 0; round < 3; round++) totals = totals.mapValues((amount, user) => amount + user).reduce(Math.max);
    totals.entries().write(to.jsonl('out'));
  };
  expect(graphOf(plan).stages.map(({ name }) => name)).toEqual(['read', 'sum', 'reduce', 'reduce 2', 'reduce 3']);
});

test('a join of a sum takes its partial results: there is no shuffle between the two', () => {
  const plan = ({ sales, users }: Plan): void =>
    sales
      .keyBy('user')
      .sum('amount')
      .leftJoin(users.keyBy('user'))
      .entries()
      .map(([user, v]) => ({ user, amount: v.left, plan: v.right?.plan }))
      .write(to.jsonl('out'));
  expect(shape(plan)).toEqual([
    'read: read, emit 0',
    'read 2: read, emit 1',
    'join: receive 0+1, left join, map, write',
    '0 → 2 hash (user) amount combined by sum',
    '1 → 2 hash (user) record',
  ]);
});

test('a sum that is also written is computed once, and shuffled to its join', () => {
  const plan = ({ sales, users }: Plan): void => {
    const sums = sales.keyBy('user').sum('amount');
    sums.entries().write(to.jsonl('sums'));
    sums.join(users.keyBy('user')).entries().write(to.jsonl('out'));
  };
  expect(shape(plan).filter(line => line.includes('combined'))).toEqual(['0 → 1 hash (user) amount combined by sum']);
  expect(shape(plan).find(line => line.startsWith('sum:'))).toBe('sum: receive 0, fold, write, emit 1');
});

test('an aggregate of numbers is finished by its join', () => {
  const plan = ({ sales, users }: Plan): void => {
    const spent = sales.keyBy('user').aggregate({ n: agg.count(), mean: agg.mean('amount') });
    users.keyBy('user').leftJoin(spent).entries().write(to.jsonl('out'));
  };
  expect(shape(plan)).toEqual([
    'read: read, emit 0',
    'read 2: read, emit 1',
    'join: receive 0+1, left join, write',
    '0 → 2 hash (user) record',
    '1 → 2 hash (user) record combined by columns',
  ]);
});

test('an aggregate that a function must finish, or a fold whose values are mapped, keeps its stage before a join', () => {
  const stages = (plan: (flow: Plan) => void): string[] => graphOf(plan).stages.map(stage => stage.name);
  const write = to.jsonl('out');
  expect(
    stages(({ sales, users }) =>
      sales
        .keyBy('user')
        .aggregate({ id: agg.first('plan') })
        .join(users.keyBy('user'))
        .entries()
        .write(write),
    ),
  ).toContain('aggregate');
  expect(
    stages(({ sales, users }) =>
      sales
        .keyBy('user')
        .sum('amount')
        .mapValues(n => n + 1)
        .join(users.keyBy('user'))
        .entries()
        .write(write),
    ),
  ).toContain('sum');
});

test('a broadcast of what was made of the left side keeps the left records from one task, whatever their key', () => {
  const plan = ({ sales }: Plan): void => {
    const total = sales.keyBy(() => 'all').sum('amount');
    sales
      .keyBy(() => 'all')
      .join(total, { broadcast: true })
      .entries()
      .write(to.jsonl('out'));
  };
  expect(shape(plan)).toEqual([
    'read: read, emit 0, map, emit 1',
    'sum: receive 0, fold, emit 2',
    'repartition: receive 1, map, load, lookup, write',
    '0 → 1 hash (function) amount combined by sum',
    '0 → 2 function (item) item',
    '1 → 2 broadcast',
  ]);
});

test('a partition function is asked once a record, where it is sent', () => {
  const plan = ({ sales }: Plan): void =>
    sales
      .repartition(4, ({ user }, count) => user % count)
      .sortWithin('amount')
      .write(to.csv('out'));
  expect(shape(plan)).toEqual([
    'read: read, partition, emit 0',
    'repartition: receive 0, map, write',
    '0 → 1 function (item, function) item',
  ]);
});

test('a sort is cut by samples of what it reads', () => {
  expect(shape(({ sales }) => sales.sortBy('plan', { by: 'amount', desc: true }).write(to.csv('out')))).toEqual([
    'read: read, emit 1, sample',
    'splitters: receive 2, splitters, emit 0',
    'sort: load, receive 1, write',
    '1 → 2 broadcast',
    '0 → 2 range (plan, amount desc) record',
    '0 → 1 hash () record',
  ]);
});

test('top is taken in each task, then in one', () => {
  expect(shape(({ sales }) => sales.top(3, 'amount').write(to.csv('out')))).toEqual([
    'read: read, top, emit 0',
    'top: receive 0, top, write',
    '0 → 1 hash () record',
  ]);
});

test('a union has an edge from each of its stages on one side', () => {
  expect(shape(({ sales, users }) => sales.union(users).countBy('plan').entries().write(to.jsonl('out')))).toEqual([
    'read: read, emit 0',
    'read 2: read, emit 1',
    'count: receive 0+1, fold, write',
    '0 → 2 hash (plan) constant combined by sum',
    '1 → 2 hash (plan) constant combined by sum',
  ]);
});

const key = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(null));
const sale = fc.record({
  id: fc.nat(99),
  user: key,
  day: fc.constantFrom('mo', 'tu'),
  amount: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
});
const ofUser = {
  plans: agg.count(),
  mean: agg.mean((user: User) => user.plan.length),
  spread: agg.variance((user: User) => user.plan.length),
};
const user = fc.record({ user: key, plan: fc.constantFrom('pro', 'free') });

test.each(['join', 'leftJoin', 'rightJoin', 'fullJoin', 'semiJoin', 'antiJoin'] as const)(
  '%s gives the same whether or not it takes the folds of its sides as they are',
  async kind => {
    await fc.assert(
      fc.asyncProperty(fc.array(sale, { maxLength: 25 }), fc.array(user, { maxLength: 8 }), async (sales, users) => {
        const ran = await runPlan({ sales, users }, flow => {
          const sides = () =>
            [flow.sales.union(flow.sales).keyBy('user').sum('amount'), flow.users.keyBy('user').aggregate(ofUser)] as const;
          const [left, right] = sides();
          left[kind](right).entries().write(to.jsonl('fused'));
          const [keptLeft, keptRight] = sides();
          keptLeft.entries().write(to.jsonl('left'));
          keptRight.entries().write(to.jsonl('right'));
          keptLeft[kind](keptRight).entries().write(to.jsonl('kept'));
        });
        expect(ran.error).toBe(null);
        expect(ran.outputs.fused).toEqual(ran.outputs.kept);
      }),
      { numRuns: 8 },
    );
  },
);

test('cogroup gives the same whether or not it takes the folds of its sides as they are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(sale, { maxLength: 25 }), fc.array(user, { maxLength: 8 }), async (sales, users) => {
      const ran = await runPlan({ sales, users }, flow => {
        const sums = () => flow.sales.keyBy('user').sum('amount');
        const counts = () => flow.users.keyBy('user').count();
        const all = (key: number | null, left: Iterable<number>, right: Iterable<number>) => [{ key, left: [...left], right: [...right] }];
        sums().cogroup(counts(), all).write(to.jsonl('fused'));
        const [left, right] = [sums(), counts()];
        left.entries().write(to.jsonl('left'));
        right.entries().write(to.jsonl('right'));
        left.cogroup(right, all).write(to.jsonl('kept'));
      });
      expect(ran.error).toBe(null);
      expect(ran.outputs.fused).toEqual(ran.outputs.kept);
    }),
    { numRuns: 8 },
  );
});
