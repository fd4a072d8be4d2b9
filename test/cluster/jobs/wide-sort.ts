// Sorts several times its input. Every sort task passes its gate at its first record.

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';
import { passGate } from './gate.ts';

export default defineJob({
  name: 'wide-sort',
  params: z.object({ in: z.string(), out: z.string(), gates: z.string().default('') }),
  settings: { splitMb: 1 },
  plan({ params, read }) {
    const passed = new Set<string>();
    read(from.text(params.in))
      .map(line => `${line.slice(4)} ${line.repeat(3)}`)
      .sortBy(line => line)
      .peek((_, { task }) => {
        const attempt = `${task.index}#${task.attempt}`;
        if (!passed.has(attempt)) passGate(params.gates, { ...task, stage: 'sort' });
        passed.add(attempt);
      })
      .write(to.text(params.out));
  },
});
