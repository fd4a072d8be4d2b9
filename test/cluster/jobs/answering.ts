// Answers with how many words there are, which are the most frequent, and the first of them; writes nothing.

import { defineJob, from } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'answering',
  params: z.object({ in: z.string() }),
  settings: { splitMb: 0.0625 },
  plan({ params, read }) {
    const words = read(from.text(params.in).words());
    const most = words.countBy().rows('word', 'count').sortBy({ by: 'count', desc: true }, 'word');
    return { total: words.count(), most: most.first(3), all: most.collect() };
  },
});
