// For each word, the documents it stands in and how often: what a search engine looks words up in.
//
//   sheaf run job.ts -p in=documents -p out=index

import { basename } from 'node:path';
import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'inverted-index',
  params: z.object({ in: z.string(), out: z.string() }),
  input: p => from.text(p.in),

  // `where` says which file the line comes from, by its absolute path.
  *map(line, { where }) {
    const document = basename(where.file);
    for (const [word] of line.toLowerCase().matchAll(/\p{Letter}+/gu)) yield [word, { document, times: 1 }];
  },

  // The values of a word reach reduce in the order of their document: nothing has to be gathered and sorted there.
  sortValuesBy: 'document',

  // With `sortValuesBy`, only values with an equal sort key are combined: here those of one word in one document.
  combine: (a, b) => ({ document: a.document, times: a.times + b.times }),

  *reduce(word, places) {
    const texts: string[] = [];
    for (const { document, times } of places) texts.push(`${document}:${times}`);
    // A pair is written as key TAB value.
    yield [word, texts.join(' ')];
  },
  output: p => to.text(p.out),
});
