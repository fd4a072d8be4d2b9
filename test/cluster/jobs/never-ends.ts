// Never finishes a certain line.

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'never-ends',
  params: z.object({ in: z.string(), out: z.string() }),
  settings: { taskTimeoutMs: 1_500 },
  input: p => from.text(p.in),
  map(line) {
    while (line === 'never ends');
    return [[line, 1]];
  },
  output: p => to.text(p.out),
});
