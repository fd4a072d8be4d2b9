// Counts words without a function of its own: they stay bytes from the file to the counts.

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'count-words-of-bytes',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    read(from.text(params.in).words()).countBy().entries().write(to.text(params.out));
  },
});
