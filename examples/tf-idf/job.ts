// An inverted index with weights: for each word the documents it stands in, first those it says most about. A word weighs
// much in a document where it is frequent (tf), and little when it is in many documents (idf).
//
//   sheaf run job.ts -p in=documents -p out=index

import { basename } from 'node:path';
import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'tf-idf',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    const places = read(from.text(params.in))
      .flatMap((line, { where }) => wordsOf(line).map(word => ({ word, document: basename(where.file) })))
      .countBy(['word', 'document'])
      .rows(['word', 'document'], 'times');

    const lengths = places.keyBy('document').sum('times');
    const spread = places.countBy('word');
    const corpus = lengths.entries().countBy(() => 'all');

    places
      .keyBy('document')
      .join(lengths, { broadcast: true })
      .mapValues(({ left, right: length }) => ({ word: left.word, tf: left.times / length }))
      .rows('document')
      .keyBy(() => 'all')
      .join(corpus, { broadcast: true })
      .entries()
      .map(([, { left, right: documents }]) => ({ ...left, documents }))
      .keyBy('word')
      .join(spread)
      .mapValues(({ left, right: found }) => ({ document: left.document, weight: left.tf * Math.log(left.documents / found) }))
      .group(
        function* (word, weighed) {
          yield { word, documents: [...weighed] };
        },
        { sortValuesBy: { by: 'weight', desc: true } },
      )
      .write(to.jsonl(params.out));
  },
});

function wordsOf(line: string): string[] {
  return line.toLowerCase().match(/\p{Letter}+/gu) ?? [];
}
