// The most visited pages of each country. The table of countries is small: it goes to every task, and the visits are not
// shuffled for it.
//
//   sheaf run job.ts -p visits='visits/*.csv' -p countries=countries.csv -p out=top

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'top-pages-per-country',
  params: z.object({ visits: z.string(), countries: z.string(), count: z.coerce.number().int().positive().default(3), out: z.string() }),
  plan({ params, read }) {
    const countries = read(from.csv(params.countries, { code: 'text', country: 'text' }));
    read(from.csv(params.visits, { code: 'text', page: 'text' }, { multiline: false }))
      .countBy(['code', 'page'])
      .rows(['code', 'page'], 'visits')
      .keyBy('code')
      .topPerKey(params.count, 'visits')
      .join(countries.keyBy('code'), { broadcast: true })
      .entries()
      .flatMap(([, { left: pages, right }]) => pages.map(({ page, visits }) => ({ country: right.country, page, visits })))
      .write(to.csv(params.out));
  },
});
