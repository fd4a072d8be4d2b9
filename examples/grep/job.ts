// What a pattern matches in texts, the most frequent matches first.
//
//   sheaf run job.ts -p in='books/*.txt' -p pattern='[Hh]ar\w+' -p out=matches

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'grep',
  params: z.object({ in: z.string(), pattern: z.string(), out: z.string() }),
  plan({ params, read }) {
    const pattern = new RegExp(params.pattern, 'gu');
    // Lines without a match never become strings.
    read(from.text(params.in).matching(pattern))
      .flatMap(line => line.match(pattern) ?? [])
      .countBy()
      .rows('match', 'count')
      .sortBy({ by: 'count', desc: true }, 'match')
      .map(({ match, count }) => [count, match])
      .write(to.text(params.out));
  },
});
