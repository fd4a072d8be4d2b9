// A plan in words: which operators a stage is made of, how keys are called, and that none of it is in the graph.

import { openJob } from '@sheaf/job/open';
import { canonical } from '@sheaf/protocol/graph';
import { agg, type Collection, defineJob, type Flow, from, mapReduce, to } from 'sheaf';
import { expect, it } from 'vitest';

interface Row {
  readonly user: number;
  readonly plan: string;
  readonly amount: number;
}

const columns = { user: 'integer', plan: 'text', amount: 'number' } as const;

function compile(plan: (sales: Collection<Row>, users: Collection<Row>) => unknown) {
  const job = defineJob({
    name: 'x',
    plan({ read }: Flow<unknown>) {
      return plan(read(from.csv('sales/*.csv', columns)), read(from.csv('users', columns))) as undefined;
    },
  });
  return openJob(job).compile(undefined);
}

/** Each stage as `name: operator → operator`, each edge as `from → to by key`. */
function told({ graph, notes }: ReturnType<typeof compile>): string[] {
  const stages = graph.stages.map(({ name }, at) => `${name}: ${notes?.operators[at]?.map(({ text }) => text).join(' → ')}`);
  const edges = graph.edges.map(({ from: sender, to: reader }, at) => {
    const { key = '', sorted = '' } = notes?.edges[at] ?? {};
    return `${sender} → ${reader} by ${key}${sorted === '' ? '' : `, sorted by ${sorted}`}`;
  });
  return [...stages, ...edges];
}

it.each<[string, (sales: Collection<Row>, users: Collection<Row>) => unknown, string[]]>([
  [
    'a fold, whose combiner works where records are sent',
    sales =>
      sales
        .filter(s => s.amount > 0)
        .keyBy('user')
        .sum('amount')
        .rows('user', 'amount')
        .write(to.csv('bills')),
    [
      'read: read sales/*.csv → filter (s) => s.amount > 0 → keyBy user → sum amount [combined]',
      'sum: sum amount → rows user, amount → write bills',
      '0 → 1 by user',
    ],
  ],
  [
    'a group with sorted values',
    sales =>
      sales
        .keyBy(['user', 'plan'])
        .group(
          function first(key, values) {
            return [...values].map(() => key);
          },
          { sortValuesBy: { by: 'amount', desc: true } },
        )
        .write(to.jsonl('firsts')),
    [
      'read: read sales/*.csv → keyBy user, plan',
      'group: group first, sorted by amount desc → write firsts',
      '0 → 1 by user, plan, sorted by amount desc',
    ],
  ],
  [
    'partitions of a function, sorted',
    sales =>
      sales
        .repartition(4, s => s.user % 4)
        .sortWithin({ by: 'amount', desc: true })
        .write(to.csv('dealt')),
    [
      'read: read sales/*.csv → repartition 4, (s) => s.user % 4',
      'repartition: sortWithin amount desc → write dealt',
      '0 → 1 by , sorted by amount desc',
    ],
  ],
  [
    'a join of a fold and a broadcast',
    (sales, users) =>
      sales
        .countBy('user')
        .join(users.keyBy('user'))
        .entries()
        .keyBy(([user]) => user)
        .join(users.keyBy('user'), { broadcast: true })
        .entries()
        .write(to.jsonl('joined')),
    [
      'read: read users → keyBy user → keyBy user',
      'read 2: read sales/*.csv → countBy user [combined]',
      'join: join → keyBy ([user]) => user → join broadcast → write joined',
      '1 → 2 by user',
      '0 → 2 by user',
      '0 → 2 by ',
    ],
  ],
  [
    'orders and answers',
    sales => ({ best: sales.sortBy({ by: 'amount', desc: true }, 'user').first(3), users: sales.distinct('user').count() }),
    [
      'read: read sales/*.csv → distinct user [combined]',
      'splitters: ',
      'sort: sortBy amount desc, user → first 3',
      'top: first 3',
      'distinct: distinct user → count [combined]',
      'count: count',
      'answer: count',
      '1 → 2 by ',
      '0 → 2 by amount desc, user',
      '0 → 1 by ',
      '2 → 3 by ',
      '0 → 4 by user',
      '4 → 5 by ',
      '5 → 6 by ',
    ],
  ],
  [
    'aggregates, by their names',
    sales =>
      sales
        .keyBy(s => s.plan)
        .aggregate({ n: agg.count(), most: agg.max('amount') })
        .rows('plan')
        .write(to.csv('plans')),
    [
      'read: read sales/*.csv → keyBy (s) => s.plan → aggregate n, most [combined]',
      'aggregate: aggregate n, most → rows plan → write plans',
      '0 → 1 by plan',
    ],
  ],
])('tells %s', (_, plan, expected) => {
  expect(told(compile(plan))).toEqual(expected);
});

it('tells the members of a mapReduce job', () => {
  const job = mapReduce({
    name: 'words',
    input: from.text('books/*.txt'),
    *map(line: string): Iterable<[string, number]> {
      yield [line, 1];
    },
    combine: (a, b) => a + b,
    *reduce(word, counts): Iterable<string> {
      yield word + [...counts].length;
    },
    output: to.text('counts'),
  });
  const compiled = openJob(job).compile(undefined);
  expect(told(compiled)).toEqual(['map: read books/*.txt → map → combine', 'reduce: reduce → write counts', '0 → 1 by key']);
  const written = compiled.notes?.operators.flatMap(operators => operators.map(({ written }) => written?.name));
  expect(written).toEqual([undefined, 'map', 'combine', 'reduce', undefined]);
});

it('knows the line of each operator, and says none of it in the graph', () => {
  const plan = (sales: Collection<Row>) => sales.filter(s => s.amount > 0).write(to.csv('kept'));
  const { graph, notes } = compile(plan);
  const operators = notes?.operators.flat() ?? [];
  expect(operators.map(({ text }) => text)).toHaveLength(3);
  for (const { made } of operators) expect(made?.stack).toContain('notes.test.ts');
  // The same plan on another line.
  const moved = (sales: Collection<Row>) => sales.filter(s => s.amount > 0).write(to.csv('kept'));
  expect(canonical(compile(moved).graph)).toBe(canonical(graph));
  expect(canonical(graph)).not.toMatch(/words|notes|said|filter \(/);
});

it('leaves a collection that is named twice one collection', () => {
  const { graph } = compile(sales => {
    const kept = sales.filter(s => s.amount > 0).cache();
    kept.write(to.csv('a'));
    kept.cache().write(to.csv('b'));
  });
  expect(graph.stages).toHaveLength(1);
});
