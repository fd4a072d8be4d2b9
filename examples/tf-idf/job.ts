// An inverted index with weights: for each word the documents it stands in, first those it says most about. A word weighs
// much in a document that it stands in often (tf), and little when it is in many documents (idf).
//
//   sheaf run job.ts -p in=documents -p out=index

import { basename } from 'node:path';
import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'tf-idf',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read, broadcast }) {
    const places = read(from.text(params.in))
      .flatMap((line, { where }) => wordsOf(line).map(word => ({ word, document: basename(where.file) })))
      .countBy(['word', 'document'])
      .rows(['word', 'document'], 'times');

    const counted = places.distinct('document').countBy(() => 'documents');
    const documents = broadcast(counted.entries(), ([entry]) => entry?.[1] ?? 0);

    places
      .keyBy('word')
      .group(
        function* (word, found) {
          const all = [...found];
          const idf = Math.log(documents.value / all.length);
          yield { word, documents: all.map(({ document, times }) => ({ document, weight: times * idf })) };
        },
        { sortValuesBy: { by: 'times', desc: true } },
      )
      .write(to.jsonl(params.out));
  },
});

function wordsOf(line: string): string[] {
  return line.toLowerCase().match(/\p{Letter}+/gu) ?? [];
}
