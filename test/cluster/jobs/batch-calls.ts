// Sends its lines out in batches: a line can make the answer never come, or be an error.

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

async function answers(lines: readonly string[]): Promise<readonly string[]> {
  if (lines.includes('silent')) await new Promise(() => {});
  await new Promise(setImmediate);
  if (lines.includes('refused')) throw new RangeError('no answer');
  return lines;
}

export default defineJob({
  name: 'batch-calls',
  params: z.object({ in: z.string(), out: z.string() }),
  settings: { attempts: 1 },
  plan({ params, read }) {
    read(from.text(params.in)).mapBatch(2, answers, { concurrency: 2 }).write(to.text(params.out));
  },
});
