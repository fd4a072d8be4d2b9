// Sum and number of sales of each user, by the names of columns.

import { agg, defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'sum-by-user',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    read(from.csv(params.in, { user: 'integer', amount: 'number' }, { multiline: false }))
      .keyBy('user')
      .aggregate({ total: agg.sum('amount'), n: agg.count() })
      .rows('user')
      .write(to.csv(params.out));
  },
});
