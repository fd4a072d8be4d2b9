// second-run.mjs COORDINATOR IN OUT: counts words from a program, twice, on a cluster that is there already, and prints how many
// seconds the second run took. `npm run bench` copies it to a folder in which `sheaf` and `zod` are installed.

import { from, mapReduce, run, to } from 'sheaf';
import { z } from 'zod';

const wordCount = mapReduce({
  name: 'word-count',
  params: z.object({ in: z.string(), out: z.string() }),
  input: p => from.text(p.in),
  *map(line) {
    for (const word of line.split(/\s+/)) if (word) yield [word, 1];
  },
  combine: (a, b) => a + b,
  *reduce(word, counts) {
    let n = 0;
    for (const count of counts) n += count;
    yield { word, n };
  },
  output: p => to.jsonl(p.out),
});

const [coordinator, input, out] = process.argv.slice(2);
let seconds = 0;
for (let time = 0; time < 2; time++) {
  const started = performance.now();
  await run(wordCount, { in: input, out }, { coordinator, overwrite: true });
  seconds = (performance.now() - started) / 1000;
}
console.log(seconds);
