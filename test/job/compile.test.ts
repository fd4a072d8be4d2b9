import { from, mapReduce, to } from '@sheaf/job';
import { openJob } from '@sheaf/job/open';
import { test } from 'vitest';
import { z } from 'zod';

test('x', async () => {
  const job = openJob(
    mapReduce({
      name: 'word-count',
      params: z.object({ in: z.string(), out: z.string() }),
      input: p => from.text(p.in),
      *map(line) {
        for (const w of line.split(/\s+/)) if (w) yield [w, 1];
      },
      combine: (a, b) => a + b,
      *reduce(word, counts) {
        let n = 0;
        for (const c of counts) n += c;
        yield { word, n };
      },
      output: p => to.jsonl(p.out),
    }),
  );
  const p = await job.validate({ in: 'a', out: 'b' });
  console.log(JSON.stringify(job.compile(p), null, 1));
});
