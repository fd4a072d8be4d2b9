// Reads rows of which one cannot be read.

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'typed-rows',
  params: z.object({ in: z.string(), out: z.string() }),
  input: p => from.csv(p.in, { user: 'integer', amount: 'number' }),
  map: ({ user, amount }) => [[user, amount]],
  combine: (a, b) => a + b,
  *reduce(user, amounts) {
    for (const amount of amounts) yield { user, amount };
  },
  output: p => to.csv(p.out),
});
