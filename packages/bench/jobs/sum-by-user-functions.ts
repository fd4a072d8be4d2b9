// Sum and number of sales of each user, by functions over objects, as one writes what no column name says.

import { agg, defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'sum-by-user-functions',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    read(from.csv(params.in, { user: 'integer', amount: 'number' }, { multiline: false }))
      .map(({ user, amount }) => ({ buyer: user, price: amount }))
      .keyBy(sale => sale.buyer)
      .aggregate({ total: agg.sum(sale => sale.price), n: agg.count() })
      .rows('user')
      .write(to.csv(params.out));
  },
});
