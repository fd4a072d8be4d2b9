// The median length of the words of texts, exactly: there are few different lengths, however many words.
//
//   sheaf run job.ts -p in='books/*.txt' -p out=median

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'wordmedian',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    read(from.text(params.in).words())
      .countBy(word => word.length)
      .rows('length', 'words')
      .keyBy(() => 'all')
      .group(
        function* (_, lengths) {
          const all = [...lengths];
          const total = all.reduce((sum, { words }) => sum + words, 0);
          let before = 0;
          for (const { length, words } of all) {
            if (before < total / 2 && before + words >= total / 2) yield { words: total, median: length };
            before += words;
          }
        },
        { sortValuesBy: 'length' },
      )
      .write(to.csv(params.out));
  },
});
