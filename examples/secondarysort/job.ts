// Groups pairs of numbers by the first, with the second in order: the values of a key reach `reduce` sorted, and nothing of the
// group is held in memory.
//
//   sheaf run job.ts -p in=pairs.txt -p out=grouped

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'secondarysort',
  params: z.object({ in: z.string(), out: z.string() }),
  input: p => from.text(p.in).fields(' '),
  *map([left, right]) {
    yield [Number(left), Number(right)];
  },
  sortValuesBy: right => right,
  *reduce(left, rights) {
    yield '-'.repeat(48);
    for (const right of rights) yield `${left}\t${right}`;
  },
  output: p => to.text(p.out),
});
