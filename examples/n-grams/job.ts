// The phrases of n words that come most often in texts.
//
//   sheaf run job.ts -p in='books/*.txt' -p n=3 -p out=phrases

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'n-grams',
  params: z.object({
    in: z.string(),
    n: z.coerce.number().int().positive().default(3),
    least: z.coerce.number().int().default(2),
    out: z.string(),
  }),
  plan({ params, read }) {
    read(from.text(params.in))
      .flatMap(line => phrasesOf(line, params.n))
      .countBy()
      .rows('phrase', 'times')
      .filter(({ times }) => times >= params.least)
      .sortBy({ by: 'times', desc: true }, 'phrase')
      .write(to.csv(params.out));
  },
});

function phrasesOf(line: string, n: number): string[] {
  const words = line.toLowerCase().match(/\p{Letter}+/gu) ?? [];
  return words.slice(n - 1).map((_, i) => words.slice(i, i + n).join(' '));
}
