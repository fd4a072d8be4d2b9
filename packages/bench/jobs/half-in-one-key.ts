// A group that holds half of all input: every second record has the same key, the others have a thousand. Nothing is combined,
// so all of it is shuffled, and the large group is streamed through one reduce call.

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'half-in-one-key',
  params: z.object({ in: z.string(), out: z.string() }),
  settings: { memoryMb: 64, heapMb: 64 },
  input: p => from.text(p.in),
  *map(line, { where }) {
    yield [where.record % 2 === 0 ? 'the large one' : line.slice(0, 3), line];
  },
  *reduce(key, lines) {
    let count = 0;
    let bytes = 0;
    for (const line of lines) {
      count += 1;
      bytes += line.length;
    }
    yield { key, count, bytes };
  },
  output: p => to.jsonl(p.out),
});
