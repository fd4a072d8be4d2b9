// Counting words, by a function over strings and on bytes.

import { join } from 'node:path';
import { awkWordCount, cWordCount } from '../peers/debian.ts';
import { type CommandIn, outputOf } from '../peers/peer-job.ts';
import { timesAtMost, timesFaster } from './bars.ts';
import { checkWordCount } from './check-output.ts';
import { caseMaker, peerCases, sheafRun, type Work, type WorkContext } from './work.ts';

const text = (megabytes: number): string => `${megabytes} MB of text with 200,000 different words, as often as those of a language`;

/** As the README has it. */
export function wordCount(context: WorkContext): Work {
  const { program, data, peers, sizes, slots } = context;
  const input = data.file('words', sizes.wordsMb);
  const job = join(program.root, 'examples/word-count/job.ts');
  const run = (options: readonly string[]): CommandIn => sheafRun(program, { job, params: { in: input.path }, options });
  const plain = join(program.package, 'plain-word-count.mjs');
  const add = caseMaker([input], folder => checkWordCount(folder, input));
  return {
    number: 1,
    title: 'word count, a generator over strings',
    about: `${text(sizes.wordsMb)}; the job of the README.`,
    cases: [
      add('sheaf, 2 slots', 'sheaf', run(slots(2))),
      add('sheaf, inline', 'sheaf', run(['--inline'])),
      ...peerCases(
        add,
        [input],
        [
          ['Spark RDD', peers.spark, 'word-count-rdd', 'slow peer'],
          ['Spark DataFrame', peers.spark, 'word-count-dataframe', 'slow peer'],
          ['Hadoop', peers.hadoop, 'wordcount', 'slow peer'],
          ['Dask', peers.dask, 'word-count', 'slow peer'],
        ],
      ),
      add('plain Node, one Map', 'quick peer', folder => ({ line: [process.execPath, plain, input.path], output: outputOf(folder) })),
    ],
    bars: [
      timesFaster('sheaf, 2 slots', ['Spark RDD', 'Spark DataFrame'], 3),
      timesFaster('sheaf, 2 slots', ['Hadoop'], 3),
      timesFaster('sheaf, 2 slots', ['Dask'], 1.5),
    ],
  };
}

/** By the rule that `words()` has, and by one that is cheaper and here gives the same. */
const [duckdb, duckdbAtBlanks] = ['DuckDB, by \\s+', 'DuckDB, at single blanks'] as const;

/** Without a function of the user's. */
export function wordCountOfBytes(context: WorkContext): Work {
  const { program, data, peers, sizes, slots } = context;
  const input = data.file('words', sizes.wordsMb);
  const job = join(program.package, 'jobs/count-words-of-bytes.ts');
  const run = (options: readonly string[]): CommandIn => sheafRun(program, { job, params: { in: input.path }, options });
  const add = caseMaker([input], folder => checkWordCount(folder, input));
  const c = peers.countWords;
  return {
    number: 2,
    title: 'word count on bytes',
    about: `${text(sizes.wordsMb)}; \`read(from.text(p).words()).countBy()\`.`,
    cases: [
      add('sheaf, 2 slots', 'sheaf', run(slots(2))),
      add('sheaf, inline', 'sheaf', run(['--inline'])),
      ...peerCases(
        add,
        [input],
        [
          [duckdb, peers.duckdb, 'word-count', 'quick peer'],
          [duckdbAtBlanks, peers.duckdb, 'word-count-blanks', 'quick peer'],
        ],
      ),
      ...(c === null ? [] : [add('C, two processes', 'quick peer', cWordCount(c, { input, parts: 2 }))]),
      ...(peers.awk ? [add('awk', 'quick peer', awkWordCount(input))] : []),
    ],
    bars: [
      timesFaster('sheaf, 2 slots', [duckdb], 1),
      timesFaster('sheaf, 2 slots', [duckdbAtBlanks], 1),
      timesAtMost('sheaf, 2 slots', 'C, two processes', 2),
    ],
  };
}
