// Job files that the tests of the command line run.

/** The word count of the README. */
export const wordCount = `
import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'word-count',
  params: z.object({ in: z.string(), out: z.string(), reducers: z.coerce.number().default(2) }),
  input: p => from.text(p.in),
  *map(line) { for (const word of line.split(/\\s+/)) if (word) yield [word, 1]; },
  combine: (a, b) => a + b,
  *reduce(word, counts) { let n = 0; for (const c of counts) n += c; yield { word, n }; },
  output: p => to.jsonl(p.out),
});
`;

/** Fails at the line that has no '='. */
export const needsEquals = `
import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'needs-equals',
  params: z.object({ in: z.string(), out: z.string() }),
  input: p => from.text(p.in),
  *map(line) {
    const value = line.split('=')[1];
    yield [value!.toUpperCase(), 1];
  },
  *reduce(word, counts) { yield { word, n: [...counts].length }; },
  output: p => to.jsonl(p.out),
});
`;

/** Spins in its first record, without a chance for anything else in its process. */
export const spinning = `
import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'spinning',
  params: z.object({ in: z.string(), out: z.string() }),
  input: p => from.text(p.in),
  *map(line) {
    for (const end = Date.now() + 120_000; Date.now() < end; );
    yield [line, 1];
  },
  *reduce(word, counts) { yield { word, n: [...counts].length }; },
  output: p => to.jsonl(p.out),
});
`;

/** Prints at the top of its file, for each line of the input, and through the context; the line 'flood' prints 5,000 more. */
export const printing = `
import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

console.log('the file is loaded');

export default mapReduce({
  name: 'printing',
  params: z.object({ in: z.string(), out: z.string() }),
  input: p => from.text(p.in),
  *map(line, context) {
    console.log('out ' + line);
    console.error('error ' + line);
    context.log.warn('logged', { line });
    if (line === 'flood') for (let i = 0; i < 5_000; i++) console.log('drop ' + i);
    yield [line, 1];
  },
  *reduce(word, counts) {
    process.stdout.write('no line end');
    yield { word, n: [...counts].length };
  },
  output: p => to.jsonl(p.out),
});
`;

/** Its items never end. */
export const endlessItems = `
import { from, mapReduce, to } from 'sheaf';

export default mapReduce({
  name: 'endless-items',
  input: from.items(async function* () {
    console.log('making items');
    for (;;) {
      yield 1;
      await new Promise(resolve => setTimeout(resolve, 10));
    }
  }),
  *map(item) { yield [item, 1]; },
  output: to.jsonl('out'),
});
`;

/** Counts its lines by twenty keys, each in a stage of its own. */
export const manyWays = `
import { defineJob, from, to } from 'sheaf';

export default defineJob({
  name: 'many-ways',
  plan({ read }) {
    const lines = read(from.text('in'));
    for (let way = 1; way <= 20; way++) lines.keyBy(line => line.length % way).count().entries().write(to.jsonl('out/' + way));
  },
});
`;
