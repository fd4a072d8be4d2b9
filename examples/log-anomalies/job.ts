// Minutes in which a service failed unusually often: more than four standard deviations above its own mean.
//
//   sheaf run job.ts -p in='logs/*.jsonl' -p out=anomalies

import { agg, defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'log-anomalies',
  params: z.object({ in: z.string(), least: z.coerce.number().default(4), out: z.string() }),
  plan({ params, read }) {
    const minutes = read(from.jsonl(params.in, { service: 'text', at: 'text', status: 'integer' }))
      .keyBy(({ service, at }) => [service, at.slice(0, 'YYYY-MM-DDTHH:MM'.length)])
      .aggregate({ requests: agg.count(), failures: agg.sum(({ status }) => (status >= 500 ? 1 : 0)) })
      .rows(['service', 'minute']);

    const usual = minutes.keyBy('service').aggregate({ mean: agg.mean('failures'), variance: agg.variance('failures') });

    minutes
      .keyBy('service')
      .join(usual, { broadcast: true })
      .entries()
      .map(([, { left, right }]) => ({ ...left, score: (left.failures - right.mean) / Math.sqrt(right.variance) }))
      .filter(({ score }) => score > params.least)
      .sortBy({ by: 'score', desc: true })
      .write(to.csv(params.out));
  },
});
