// Pipelines as types: what must be inferred through every shuffle without an annotation, and what must be a compile error.
// Nothing here runs; `tsc -p test` fails when a spelling stops inferring or a mistake stops being one. A directive stands above
// the very line that must be refused. Parameters that nothing uses start with `_`.

import { type Answer, agg, type Broadcast, type Collection, defineJob, from, type Keyed, type Select, sum, to } from 'sheaf';
import { z } from 'zod';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function is<A>(): <B>(value: B, ...same: Same<A, B> extends true ? [] : [{ got: B; want: A }]) => void;
const Paths2 = z.object({ in: z.string(), out: z.string() });
const User = z.object({ id: z.number(), plan: z.enum(['pro', 'free']) });
const Hit = z.object({ user: z.number(), url: z.string(), at: z.date(), bytes: z.number() });

// ---------------------------------------------------------------------------------- what must infer

// the shortest spelling is the one that stays on bytes
export const d1 = defineJob({
  name: 'wc',
  params: Paths2,
  plan({ params, read }) {
    const counts = read(from.text(params.in).words()).countBy();
    is<Keyed<string, number>>()(counts);
    counts.rows('word', 'n').write(to.csv(params.out));
    counts
      .entries()
      .top(10, ([, n]) => n)
      .write(to.jsonl(params.out));
  },
});
// columns, aggregates by column and by function, orders by several columns
export const d2 = defineJob({
  name: 'sales',
  params: Paths2,
  plan({ params, read }) {
    const sales = read(from.csv(params.in, { user: 'integer', day: 'date', category: 'text', amount: 'number' }));
    const byUser = sales
      .keyBy('user')
      .aggregate({ rows: agg.count(), amount: agg.sum('amount'), last: agg.max('day'), odd: agg.sum(r => r.amount % 2) });
    is<Keyed<number, { rows: number; amount: number; last: Date; odd: number }>>()(byUser);
    byUser.rows('user').sortBy({ by: 'amount', desc: true }, 'user').write(to.csv(params.out));
    is<Keyed<[Date, string], number>>()(sales.keyBy(['day', 'category']).sum('amount'));
    is<Keyed<[string, number], number>>()(sales.countBy(r => [r.category, r.user]));
    // @ts-expect-error a Keyed is not written; say entries() or rows()
    sales.keyBy('category').sum('amount').write(to.csv('o'));
  },
});
// functions of the record in every aggregate, and what each gives
export const aggregates = defineJob({
  name: 'aggregates',
  plan({ read }) {
    const sales = read(from.csv('s', { user: 'integer', day: 'date', category: 'text?', amount: 'number' }));
    is<
      Keyed<
        number,
        {
          mean: number;
          least: string | null;
          most: number;
          latest: Date;
          spread: number;
          first: string | null;
          start: string;
          last: { readonly user: number; readonly day: Date; readonly category: string | null; readonly amount: number };
          all: Date[];
          halves: number[];
        }
      >
    >()(
      sales.keyBy('user').aggregate({
        mean: agg.mean(r => r.amount),
        least: agg.min('category'),
        most: agg.max(r => r.amount),
        latest: agg.max(r => r.day),
        spread: agg.variance('amount'),
        first: agg.first('category'),
        start: agg.first(r => r.day.toISOString()),
        last: agg.last(r => r),
        all: agg.collect('day'),
        halves: agg.collect(r => r.amount / 2),
      }),
    );
  },
});
// a plan of parameters: two schemas, a join, a total order
export const d3 = defineJob({
  name: 'billing',
  params: z.object({ day: z.string(), out: z.string() }),
  onError: { skip: { maxCount: 100, maxRatio: 0.001 }, deadLetter: 'bad/' },
  plan({ params, read }) {
    const users = read(from.jsonl('users', User)).keyBy(u => u.id);
    read(from.jsonl(`hits/${params.day}/*.gz`, Hit))
      .keyBy(h => h.user)
      .mapValues(h => h.bytes)
      .reduce((a, b) => a + b)
      .leftJoin(users, { broadcast: true })
      .entries()
      .map(([user, v]) => ({ user, gb: v.left / 1e9, plan: v.right?.plan ?? 'unknown' }))
      .sortBy(r => [r.plan, r.user])
      .write(to.csv(params.out));
  },
});
// groups with values in order; pairs and a built-in fold
export const d4 = defineJob({
  name: 'sessions',
  plan({ read }) {
    read(from.jsonl('h', Hit))
      .keyBy('user')
      .group(
        function* (user, hits) {
          let n = 0;
          for (const h of hits) n += h.at.getTime();
          yield { user, n };
        },
        { sortValuesBy: 'at' },
      )
      .write(to.jsonl('o'));
    is<Keyed<string, number>>()(
      read(from.text('a'))
        .map(l => [l, 1])
        .pairs()
        .reduce(sum),
    );
  },
});
// what plan answers
export const answering = defineJob({
  name: 'answers',
  plan({ read }) {
    const lines = read(from.text('a'));
    is<Answer<number>>()(lines.count());
    return { total: lines.count(), head: lines.first(10), all: lines.collect() };
  },
});
is<{ total: Answer<number>; head: Answer<string[]>; all: Answer<string[]> } | undefined>()(answering.answers);
defineJob({
  name: 'x',
  // @ts-expect-error a collection is no answer
  plan: ({ read }) => ({ all: read(from.text('a')) }),
});
// rows of a key of several columns, folders by a column's value, what is missing of a join
export const d5 = defineJob({
  name: 'rows',
  params: Paths2,
  plan({ params, read }) {
    const sales = read(from.csv(params.in, { user: 'integer', day: 'date', amount: 'number' }));
    sales.write(to.csv(params.out), { partitionBy: 'day' });
    sales.write(to.csv(params.out), { partitionBy: ['day', 'user'] });
    sales.write(to.csv(params.out), { partitionBy: { name: 'month', by: r => r.day.getMonth() } });
    is<Collection<{ day: Date; user: number; n: number }>>()(
      sales.keyBy(['day', 'user']).aggregate({ n: agg.count() }).rows(['day', 'user']),
    );
    is<Collection<{ user: number; amount: number }>>()(sales.keyBy('user').sum('amount').rows('user', 'amount'));
    is<Collection<{ day: Date; user: number; n: number }>>()(sales.countBy(['day', 'user']).rows(['day', 'user'], 'n'));
    // a tuple that may be written to and one that may not are one key
    const pairs = sales.map(r => [r.user, r.amount] as const);
    is<Keyed<[number, number], number>>()(pairs.countBy().antiJoin(pairs.keyBy(pair => pair)));
    is<Keyed<number, { left: number; right: Date | undefined }>>()(
      sales
        .keyBy('user')
        .sum('amount')
        .leftJoin(sales.keyBy('user').mapValues(r => r.day)),
    );
    is<Keyed<number, { left: number | undefined; right: number | undefined }>>()(
      sales.keyBy('user').count().fullJoin(sales.keyBy('user').sum('amount')),
    );
    is<Keyed<number, number>>()(sales.keyBy('user').count().semiJoin(sales.keyBy('user')));
    is<Collection<string | number>>()(sales.map(r => r.user).union(sales.map(r => r.day.toISOString())));
    sales
      .filter((r): r is typeof r & { readonly user: 1 } => r.user === 1)
      .map(r => {
        is<1>()(r.user);
        return r.user;
      })
      .write(to.jsonl(params.out));
  },
});
// what the plan answers; both sides of a key at once; batches, sketches, pairs with an index
export const d6 = defineJob({
  name: 'answers',
  params: Paths2,
  plan({ params, read }) {
    const sales = read(from.csv(params.in, { user: 'integer', day: 'date', amount: 'number' }));
    is<Collection<{ user: number; both: number }>>()(
      sales.keyBy('user').cogroup(sales.keyBy('user'), function* (user, left, right) {
        let both = 0;
        for (const l of left) both += l.amount;
        for (const r of right) both += r.amount;
        yield { user, both };
      }),
    );
    is<Keyed<number, { half: number; days: number }>>()(
      sales.keyBy('user').aggregate({ half: agg.quantile(r => r.amount, 0.5), days: agg.distinctCount('day') }),
    );
    // partitions of one's own
    is<typeof sales>()(
      sales.repartition(8, (sale, partitions) => (sale.user + sale.day.getMonth()) % partitions).sortWithin('day', r => r.amount),
    );
    is<Collection<readonly [number, number]>>()(sales.mapBatch(10, async rows => rows.map(r => r.amount)).zipWithIndex());
    return { total: sales.count(), head: sales.first(10), days: sales.map(r => r.day).collect() };
  },
});
// what is broadcast
export const d7 = defineJob({
  name: 'broadcasts',
  plan({ read, broadcast }) {
    const users = read(from.jsonl('u', User));
    const all = broadcast(users);
    const plans = broadcast(users, known => new Map(known.map(({ id, plan }) => [id, plan])));
    const rates = broadcast(async () => ({ eur: 1.1 }));
    is<Broadcast<{ day: string }>>()(broadcast({ day: 'mon' }));
    is<Collection<{ of: number; plan: 'pro' | 'free' | undefined; eur: number }>>()(
      read(from.jsonl('h', Hit)).map(h => ({ of: all.value.length, plan: plans.value.get(h.user), eur: rates.value.eur })),
    );
    // @ts-expect-error records of users have no such column
    broadcast(users, known => known.map(user => user.name));
    // @ts-expect-error a broadcast is read, not written
    all.value = [];
  },
});
type AnswersOf<J> = J extends { readonly answers?: infer A } ? NonNullable<A> : never;
declare const answers: AnswersOf<typeof d6>;
is<Answer<number>>()(answers.total);
is<Answer<Date[]>>()(answers.days);
export const selectable: Select<{ n: number; s: string }, number> = 'n';

// ---------------------------------------------------------------------------------- what must not

// @ts-expect-error no such parameter
defineJob({ name: 'x', params: Paths2, plan: ({ params, read }) => read(from.text(params.inn)).write(to.text('o')) });
// @ts-expect-error a plan answers with answers, not with collections
defineJob({ name: 'x', plan: ({ read }) => ({ lines: read(from.text('a')) }) });
// @ts-expect-error a job without a plan
defineJob({ name: 'x', params: Paths2 });
defineJob({
  name: 'x',
  plan({ read }) {
    const hits = read(from.jsonl('h', Hit));
    const users = read(from.jsonl('u', User));
    // @ts-expect-error a Map is not a Key
    hits.keyBy(h => new Map([[h.user, 1]]));
    // @ts-expect-error no such column
    hits.keyBy('usr');
    // @ts-expect-error no such column among several
    hits.keyBy(['user', 'usr']);
    // @ts-expect-error url is not a number
    hits.keyBy('user').sum('url');
    // @ts-expect-error url is not a number, in an aggregate
    hits.keyBy('user').aggregate({ n: agg.sum('url') });
    // @ts-expect-error no such column, in an aggregate
    hits.keyBy('user').aggregate({ n: agg.max('when') });
    // @ts-expect-error a Map has no order, in an aggregate
    hits.keyBy('user').aggregate({ n: agg.max(h => new Map([[h.url, 1]])) });
    // @ts-expect-error no such member of the record, in an aggregate
    hits.keyBy('user').aggregate({ n: agg.max(h => h.when) });
    // @ts-expect-error string-keyed joined with number-keyed
    hits.keyBy('url').join(users.keyBy('id'));
    hits
      .keyBy('user')
      .sum('bytes')
      .entries()
      // @ts-expect-error unknown field after aggregation
      .map(([_u, v]) => v.nope);
    hits
      .keyBy('user')
      .leftJoin(users.keyBy('id'))
      .entries()
      // @ts-expect-error right side of a left join may be missing
      .map(([, v]) => v.right.plan);
    // @ts-expect-error per-record async mapper
    hits.flatMap(async h => [h]);
    // @ts-expect-error no such column to partition by
    hits.write(to.csv('o'), { partitionBy: 'when' });
    // @ts-expect-error records of objects are not keys: distinct needs to know by what
    hits.distinct();
    // @ts-expect-error records of objects are not keys: countBy needs to know by what
    hits.countBy();
    // @ts-expect-error not pairs
    hits.pairs();
    // @ts-expect-error a fold gives a value back
    hits.keyBy('user').reduce((a, b) => a.bytes + b.bytes);
    // @ts-expect-error no such column to sort by
    hits.sortBy({ by: 'when', desc: true });
    // @ts-expect-error no such column to sort values by
    hits.keyBy('user').group((_user, values) => [...values], { sortValuesBy: 'when' });
    // @ts-expect-error a csv file takes records with columns
    hits.map(h => h.user).write(to.csv('o'));
    // @ts-expect-error a Keyed is no part of a union
    hits.union(users.keyBy('id'));
    // @ts-expect-error what goes through a program are lines
    hits.pipe(['sort']);
    // @ts-expect-error a partition is a number
    hits.repartition(4, h => h.url);
    // @ts-expect-error no such member of the record, in a partition function
    hits.repartition(4, h => h.when);
    // @ts-expect-error a partition function needs to know how many partitions there are
    hits.repartition(undefined, () => 0);
    // @ts-expect-error a partition function is not asynchronous
    hits.repartition(4, async () => 0);
    // @ts-expect-error both sides of a cogroup have one type of key
    hits.keyBy('url').cogroup(users.keyBy('id'), () => []);
    // @ts-expect-error url is not a number, in a quantile
    hits.keyBy('user').aggregate({ half: agg.quantile('url', 0.5) });
    // @ts-expect-error a Collection has no key to join by
    hits.keyBy('user').join(users);
  },
});
// @ts-expect-error what is skipped goes somewhere
defineJob({ name: 'x', onError: { skip: { maxCount: 1 } }, plan() {} });
// @ts-expect-error a limit is a number
defineJob({ name: 'x', onError: { skip: { maxRatio: '1 %' }, deadLetter: 'bad' }, plan() {} });
