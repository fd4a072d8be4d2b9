// Sorts records by their first ten bytes, in one order over all part files.
//
//   sheaf run job.ts -p in=records -p out=sorted

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'terasort',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    read(from.text(params.in))
      .sortBy(record => record.slice(0, 10))
      .write(to.text(params.out));
  },
});
