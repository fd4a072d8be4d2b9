// For each word the numbers of the documents it stands in. Nothing can be combined, so about as much is shuffled as is read, and
// the commonest word is in every document. A line of input is a document, its number first; a line of the index has up to a
// thousand numbers.

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

const lineMax = 1_000;

export default mapReduce({
  name: 'inverted-index',
  params: z.object({ in: z.string(), out: z.string() }),
  input: p => from.text(p.in),
  *map(line) {
    const tab = line.indexOf('\t');
    const document = Number(line.slice(0, tab));
    for (const word of line.slice(tab + 1).split(/\s+/)) yield [word, document];
  },
  *reduce(word, documents) {
    let numbers: number[] = [];
    for (const document of documents) {
      if (numbers.push(document) < lineMax) continue;
      yield [word, numbers.join(' ')];
      numbers = [];
    }
    if (numbers.length > 0) yield [word, numbers.join(' ')];
  },
  output: p => to.text(p.out),
});
