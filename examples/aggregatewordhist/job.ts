// How often words occur, as a histogram's figures: how many different words there are, and the least, middle, largest and mean
// of their counts.
//
//   sheaf run job.ts -p in='books/*.txt' -p out=histogram

import { agg, defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'aggregatewordhist',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    read(from.text(params.in).words())
      .countBy()
      .rows('word', 'times')
      .keyBy(() => 'words')
      .aggregate({
        different: agg.count(),
        least: agg.min('times'),
        median: agg.quantile('times', 0.5),
        most: agg.max('times'),
        mean: agg.mean('times'),
        variance: agg.variance('times'),
      })
      .rows('of')
      .write(to.csv(params.out));
  },
});
