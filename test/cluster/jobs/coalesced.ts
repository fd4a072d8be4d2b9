// A pipeline whose shuffles are planned as many partitions, as for a large source, though its files are small: two sides are
// joined, added up and written, all in hash partitions, some of which are read together.

import { openJob } from '@sheaf/job/open';
import { agg, defineJob, from, to } from 'sheaf';
import { rawJob } from 'sheaf/raw';
import { z } from 'zod';
import { withPartitions } from './many-partitions.ts';

const params = z.object({
  in: z.string(),
  out: z.string(),
  /** Bytes of the source for each partition that is planned, and that a task reads at least. */
  bytesPerTask: z.coerce.number(),
  coalesceBytes: z.coerce.number(),
});
type Params = z.infer<typeof params>;

const job = defineJob({
  name: 'coalesced',
  params,
  settings: { splitMb: 1 },
  plan({ params: { in: input, out }, read }) {
    const lines = read(from.text(input)).map(line => line.split(' '));
    const words = lines.map(([, first = '', second = '']) => ({ first, second }));
    const seen = lines.map(([, , second = '']) => ({ word: second })).keyBy('word');
    words
      .keyBy('first')
      .join(seen.count())
      .entries()
      .map(([word, { left, right }]) => ({ word, second: left.second, times: right }))
      .keyBy('word')
      .aggregate({ rows: agg.count(), last: agg.max('second'), times: agg.sum('times') })
      .rows('word')
      .write(to.jsonl(out));
  },
});

export default rawJob({
  name: 'coalesced',
  params,
  graph: (given: Params) => withPartitions(openJob(job).compile(given).graph, given),
  functions: (given: Params) => openJob(job).compile(given).functions,
});
