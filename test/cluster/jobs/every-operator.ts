// One plan with every operator of collections in it, each written to a folder of its own below `out`. Some pass a gate in a stage
// behind a shuffle, so that a worker can be killed there.

import { agg, type Collection, defineJob, from, to } from 'sheaf';
import { z } from 'zod';
import { passGate } from './gate.ts';

export default defineJob({
  name: 'every-operator',
  params: z.object({
    in: z.string(),
    out: z.string(),
    /** Folder of the gates; empty: there are none. */
    gates: z.string().default(''),
  }),
  settings: { splitMb: 0.0625, memoryMb: 96 },
  plan({ params, read }) {
    const sales = read(from.csv(`${params.in}/sales-*.csv`, { id: 'integer', user: 'integer', day: 'text', amount: 'number' }));
    const users = read(from.csv(`${params.in}/users.csv`, { user: 'integer', plan: 'text' }));
    const write = <T>(name: string, records: Collection<T>): void => records.write(to.jsonl(`${params.out}/${name}`));
    /** Passes a gate in each task, at its first record. */
    const gated = <T>(name: string, records: Collection<T>): Collection<T> => {
      const passed = new Set<string>();
      return records.peek((_, { task }) => {
        const attempt = `${task.index}#${task.attempt}`;
        if (passed.has(attempt)) return;
        passed.add(attempt);
        passGate(params.gates, { ...task, stage: name });
      });
    };
    const lines = sales.map(({ id, day }) => `${day} ${id}`);
    const byUser = sales.keyBy('user');
    const plans = users.keyBy('user');

    // Records.
    write(
      'flat',
      sales.filter(({ id }) => id % 3 === 0).flatMap(({ id, user }) => [id, user]),
    );
    write(
      'batches',
      sales.mapBatch(100, async batch => [{ size: batch.length, first: batch[0]?.id }], { concurrency: 3 }),
    );
    write('sample', sales.sample(0.1, 7));
    write('indexed', gated('indexed', lines.zipWithIndex()));
    write('union', sales.map(({ user }) => user).union(users.map(({ user }) => -user)));
    write('distinct', gated('distinct', sales.distinct(['user', 'day'])));
    lines.pipe(['tr', '0-9', 'a-j']).write(to.text(`${params.out}/piped`));
    write('dealt', sales.repartition(3).sortWithin('amount', 'id'));
    const placed = sales.repartition(4, ({ user, day }, count) => (user + day.length) % count);
    write('placed', gated('placed', placed.sortWithin({ by: 'day', desc: true }, 'user')));
    // Folds and groups.
    write(
      'counted',
      lines
        .map(line => line.slice(0, 10))
        .countBy()
        .rows('day', 'n'),
    );
    write(
      'reduced',
      byUser
        .mapValues(({ amount }) => amount)
        .reduce((a, b) => a + b)
        .entries(),
    );
    const aggregated = byUser.aggregate({
      ...{ n: agg.count(), sum: agg.sum('amount'), mean: agg.mean('amount'), least: agg.min('day'), most: agg.max('amount') },
      ...{ variance: agg.variance('amount'), median: agg.quantile('amount', 0.5), days: agg.distinctCount('day') },
      ...{ first: agg.first('id'), last: agg.last('id') },
    });
    write('aggregated', gated('aggregated', aggregated.rows('user')));
    const sessions = byUser.group(
      function* (user, ofUser) {
        let text = '';
        for (const { day, id } of ofUser) text += ` ${day}/${id}`;
        yield { user, length: text.length, start: text.slice(0, 100) };
      },
      { sortValuesBy: { by: 'day', desc: true } },
    );
    write('sessions', gated('sessions', sessions));
    write('best', byUser.topPerKey(3, 'amount').entries());
    // Joins.
    write('joined', gated('joined', byUser.join(plans).entries()));
    write('left', byUser.leftJoin(plans).entries());
    write('right', byUser.rightJoin(plans).entries());
    write('full', byUser.fullJoin(plans).entries());
    write('semi', byUser.semiJoin(plans).entries());
    write('anti', byUser.antiJoin(plans).entries());
    write('looked-up', gated('looked-up', byUser.join(plans, { broadcast: true }).entries()));
    const both = byUser.cogroup(plans, function* (user, ofUser, ofPlans) {
      let bought = 0;
      for (const { amount } of ofUser) bought += amount;
      yield { user, bought, plans: [...ofPlans].map(({ plan }) => plan) };
    });
    write('both', both);
    // Order and folders.
    write('top', sales.top(25, 'amount'));
    write('sorted', gated('sorted', sales.sortBy({ by: 'day', desc: true }, 'amount')));
    sales.write(to.csv(`${params.out}/folders`), { partitionBy: 'day' });
    // Rounds, each on the one before.
    let ranks = sales.keyBy('user').count().rows('user', 'rank');
    for (let round = 0; round < 4; round++) {
      const moved = ranks.flatMap(({ user, rank }) => [1, 2, 3].map(step => ({ user: (user * 7 + step * round) % 60, rank: rank / 3 })));
      ranks = moved.keyBy('user').sum('rank').rows('user', 'rank');
      if (round === 2) ranks = gated('ranks', ranks);
    }
    write('ranks', ranks.sortBy('user'));
    return { count: sales.count(), first: sales.first(3), users: users.map(({ user }) => user).collect() };
  },
});
