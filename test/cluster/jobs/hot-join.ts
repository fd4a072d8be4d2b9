// Joins one key that has far more values on its left side than the memory of a task, heap and budget together, has room for.

import { agg, defineJob, from, to } from 'sheaf';
import { z } from 'zod';

const thousand = Array.from({ length: 1_000 }, (_, i) => i);

export default defineJob({
  name: 'hot-join',
  params: z.object({ in: z.string(), out: z.string() }),
  settings: { memoryMb: 16, heapMb: 16 },
  plan({ params, read }) {
    const lines = read(from.text(params.in));
    const left = lines.flatMap(line => thousand.map(i => ({ key: 'hot', text: `${line} ${i} `.padEnd(300, 'x') })));
    const right = lines.filter(line => line.endsWith('0')).map(line => ({ key: 'hot', line }));
    left
      .keyBy('key')
      .join(right.keyBy('key'))
      .aggregate({
        pairs: agg.count(),
        chars: agg.sum(({ left: one }) => one.text.length),
        lines: agg.distinctCount(({ right: other }) => other.line),
      })
      .rows('key')
      .write(to.jsonl(params.out));
  },
});
