// The mean length of the words of texts.
//
//   sheaf run job.ts -p in='books/*.txt' -p out=mean

import { agg, defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'wordmean',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    read(from.text(params.in).words())
      .keyBy(() => 'all')
      .aggregate({ words: agg.count(), mean: agg.mean(word => word.length) })
      .rows('texts')
      .write(to.csv(params.out));
  },
});
