// Sales joined with the users who bought, summed by their plans.

import { agg, defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'sum-by-plan',
  params: z.object({ in: z.string(), users: z.string(), out: z.string() }),
  plan({ params, read }) {
    const users = read(from.csv(params.users, { user: 'integer', plan: 'text' }, { multiline: false })).keyBy('user');
    read(from.csv(params.in, { user: 'integer', amount: 'number' }, { multiline: false }))
      .keyBy('user')
      .aggregate({ total: agg.sum('amount'), n: agg.count() })
      .join(users)
      .entries()
      .map(([, { left, right }]) => ({ plan: right.plan, total: left.total, n: left.n }))
      .keyBy('plan')
      .aggregate({ total: agg.sum('total'), n: agg.sum('n') })
      .rows('plan')
      .write(to.csv(params.out));
  },
});
