// One order over all part files: read one after the other, they are sorted. How many rows went in and came out is answered to
// whoever runs the job.
//
//   sheaf run job.ts -p in='sales/*.csv' -p out=sorted

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'total-sort',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    const sales = read(from.csv(params.in, { id: 'integer', country: 'text?', amount: 'number' }, { multiline: false }));
    // Without a country first; the largest amounts of each country first; of equal ones the order of the input.
    const sorted = sales.sortBy('country', { by: 'amount', desc: true });
    sorted.write(to.csv(params.out));
    return { read: sales.count(), sorted: sorted.count(), first: sorted.first(3) };
  },
});
