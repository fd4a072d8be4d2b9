// The job of the demo: the README's word count, made to take a while.

import { setTimeout } from 'node:timers/promises';
import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'word-count',
  params: z.object({ in: z.string(), out: z.string() }),
  // So little text would be two tasks; this makes some forty of it.
  settings: { splitMb: 0.0625 },
  // And each task is held up for a moment, so that there is something to watch, and to kill.
  setup: () => setTimeout(150),
  input: p => from.text(p.in),
  *map(line) {
    for (const [word] of line.toLowerCase().matchAll(/\p{Letter}+/gu)) yield [word, 1];
  },
  combine: (a, b) => a + b,
  *reduce(word, counts) {
    let n = 0;
    for (const count of counts) n += count;
    yield { word, n };
  },
  output: p => to.jsonl(p.out),
});
