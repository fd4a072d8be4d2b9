// An index of words: nothing can be combined, so that as much is shuffled as is read.

import { join } from 'node:path';
import { timesFaster } from './bars.ts';
import { checkIndex } from './check-output.ts';
import { caseMaker, peerCases, sheafRun, type Work, type WorkContext } from './work.ts';

export function invertedIndex({ program, data, peers, sizes, slots }: WorkContext): Work {
  const input = data.file('documents', sizes.documentsMb);
  const add = caseMaker([input], folder => checkIndex(folder, input));
  const job = join(program.package, 'jobs/inverted-index.ts');
  return {
    number: 6,
    title: 'inverted index',
    about: `${sizes.documentsMb} MB of documents, one a line: for each word the numbers of those it stands in. No combiner; the commonest word has a thirteenth of all places.`,
    cases: [
      add('sheaf, 2 slots', 'sheaf', sheafRun(program, { job, params: { in: input.path }, options: slots(2) })),
      ...peerCases(
        add,
        [input],
        [
          ['Spark RDD', peers.spark, 'index-rdd', 'slow peer'],
          ['Spark DataFrame', peers.spark, 'index-dataframe', 'slow peer'],
        ],
      ),
    ],
    bars: [timesFaster('sheaf, 2 slots', ['Spark RDD', 'Spark DataFrame'], 3)],
  };
}
