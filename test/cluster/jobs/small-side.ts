// A join whose right side is small enough to be sent to every task, by its files alone; `how` may say that it is shuffled.

import { agg, defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'small-side',
  params: z.object({ in: z.string(), out: z.string(), how: z.enum(['measured', 'shuffled']) }),
  plan({ params, read }) {
    const sales = read(from.csv(`${params.in}/sales.csv`, { user: 'integer', amount: 'integer', note: 'text' }, { multiline: false }));
    const users = read(from.csv(`${params.in}/users.csv`, { user: 'integer', plan: 'text' }));
    sales
      .keyBy('user')
      .leftJoin(users.keyBy('user'), params.how === 'shuffled' ? { broadcast: false } : {})
      .entries()
      .map(([user, { left, right }]) => ({ plan: right?.plan ?? 'none', user, amount: left.amount }))
      .keyBy(['plan', 'user'])
      .aggregate({ n: agg.count(), amount: agg.sum('amount') })
      .rows(['plan', 'user'])
      .sortBy('plan', 'user')
      .write(to.csv(params.out));
  },
});
