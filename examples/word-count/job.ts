// Counts the words of text files: the smallest job that has everything.
//
//   sheaf run job.ts -p in='books/*.txt' -p out=counts
//   sheaf run job.ts -p in='books/*.txt' -p out=counts --inline      in one process, for breakpoints and console.log

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'word-count',

  // What `-p name=value` may say. Everything below gets it checked, and as a type.
  params: z.object({ in: z.string(), out: z.string() }),

  // A record is a line. Folders, patterns and .gz files are fine.
  input: p => from.text(p.in),

  // Called for each line, on many machines at once. The part before the comma is the key: equal keys meet again in reduce.
  *map(line) {
    for (const word of line.split(/\s+/)) if (word) yield [word, 1];
  },

  // Adds up what one map task has, so that less travels to the reducers. It may run any number of times, also never.
  combine: (a, b) => a + b,

  // Called once for each word, with all its counts. They come one at a time: a word may have more of them than fit in memory.
  *reduce(word, counts) {
    let n = 0;
    for (const count of counts) n += count;
    yield { word, n };
  },

  // One file for each reduce task, together complete when `_SUCCESS` is there.
  output: p => to.jsonl(p.out),
});
