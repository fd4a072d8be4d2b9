// Words counted up to a checkpoint, and their frequencies behind it; counts what each part of the plan was given.

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'checkpointed',
  params: z.object({ in: z.string(), kept: z.string(), out: z.string() }),
  settings: { splitMb: 0.0625 },
  plan({ params, read }) {
    read(from.text(params.in).words())
      .peek((_, { count }) => count('words'))
      .countBy()
      .rows('word', 'n')
      .checkpoint(params.kept)
      .peek((_, { count }) => count('kinds'))
      .keyBy('n')
      .count()
      .rows('times', 'words')
      .sortBy('times')
      .write(to.csv(params.out));
  },
});
