// PageRank: how often somebody who follows links at random comes past each page. Ten rounds are a `for` loop: it unrolls into
// one plan, whose rounds run one after the other without anything to start or to clean up in between.
//
//   sheaf run job.ts -p in=links.tsv -p out=ranks

import { agg, defineJob, from, sum, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'page-rank',
  params: z.object({ in: z.string(), rounds: z.coerce.number().int().positive().default(10), out: z.string() }),
  plan({ params, read }) {
    // A line is a link: page TAB target. Pages without any of their own are left out.
    let pages = read(from.text(params.in).fields())
      .map(([page = '', target = '']) => ({ page, target }))
      .keyBy('page')
      .aggregate({ targets: agg.collect('target') })
      .mapValues(({ targets }) => ({ targets, rank: 1 }));

    for (let round = 1; round <= params.rounds; round++) {
      const shares = pages
        .entries()
        .flatMap(([, { targets, rank }]) => targets.map(target => [target, rank / targets.length]))
        .pairs()
        .reduce(sum);
      pages = pages.leftJoin(shares).mapValues(({ left: { targets }, right: share = 0 }) => ({ targets, rank: 0.15 + 0.85 * share }));
    }
    pages
      .entries()
      .map(([page, { rank }]) => ({ page, rank }))
      .sortBy({ by: 'rank', desc: true }, 'page')
      .write(to.csv(params.out));
  },
});
