// The examples that Hadoop brings with it, under their names, each as its reader runs it.

import { expect, test } from 'vitest';
import { rowsOf } from '../../examples/output.ts';
import { runJob, temporaryFolder, testExamples } from './run-example.ts';

testExamples([
  { name: 'wordmean', says: '38939 words' },
  { name: 'wordmedian', says: 'at most 3 characters' },
  { name: 'aggregatewordhist', says: '226 different words' },
  { name: 'grep', says: '6 different matches' },
  { name: 'secondarysort', says: '10000 pairs in 400 groups' },
  { name: 'join', says: '2802 keys' },
  { name: 'pi', says: 'π is about 3.14', size: 10_000 },
  { name: 'sudoku', says: '12 puzzles' },
  { name: 'teragen', says: '20000 rows', size: 20_000 },
  { name: 'terasort', says: '20000 records in order', size: 20_000 },
  { name: 'teravalidate', says: '20001 records, 2 of them misplaced', size: 20_001 },
]);

test('what teragen makes and terasort sorts, teravalidate finds in order, with the checksum of the records made', async () => {
  const folder = temporaryFolder();
  const paths = { made: `${folder}/made`, sorted: `${folder}/sorted` };
  await runJob('teragen', { rows: '5000', out: paths.made }, ['--inline']);
  await runJob('terasort', { in: paths.made, out: paths.sorted }, ['--inline']);
  const reports = await Promise.all(
    Object.entries(paths).map(async ([name, path]) => {
      await runJob('teravalidate', { in: path, out: `${folder}/of-${name}` }, ['--inline']);
      return rowsOf(`${folder}/of-${name}`);
    }),
  );
  const [[made], [sorted]] = reports as [{ [column: string]: string }[], { [column: string]: string }[]];
  expect(sorted).toEqual({ ...made, records: '5000', misplaced: '0' });
  expect(Number(made?.misplaced)).toBeGreaterThan(2_000);
});
