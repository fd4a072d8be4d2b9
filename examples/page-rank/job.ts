// PageRank: how often somebody who follows links at random comes past each page. Ten rounds are a `for` loop: it unrolls into
// one plan, whose rounds run one after the other without anything to start or to clean up in between.
//
//   sheaf run job.ts -p in=links.tsv -p out=ranks

import { agg, defineJob, from, sum, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'page-rank',
  params: z.object({ in: z.string(), rounds: z.coerce.number().int().min(1).max(20).default(10), out: z.string() }),
  plan({ params, read }) {
    // A line is a link: page TAB target.
    const pages = read(from.text(params.in).fields())
      .map(([page = '', target = '']) => ({ page, target }))
      .keyBy('page')
      .aggregate({ targets: agg.collect('target') });

    let ranks = pages.mapValues(() => 1);
    for (let round = 1; round <= params.rounds; round++) {
      ranks = pages
        .join(ranks)
        .entries()
        .flatMap(function* ([page, { left, right: rank }]) {
          yield [page, 0]; // keeps a page that nobody links to
          for (const target of left.targets) yield [target, rank / left.targets.length];
        })
        .pairs()
        .reduce(sum)
        .mapValues(share => 0.15 + 0.85 * share);
    }
    ranks.rows('page', 'rank').sortBy({ by: 'rank', desc: true }, 'page').write(to.csv(params.out));
  },
});
