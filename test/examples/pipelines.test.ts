// The classics of MapReduce as pipelines: joins, orders, sessions, iterations, each as its reader runs it.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeInput } from '../../examples/total-sort/input.ts';
import { runJob, temporaryFolder, testExamples } from './run-example.ts';

testExamples([
  { name: 'tf-idf', says: '50 words in 30 documents' },
  { name: 'page-rank', says: '300 pages' },
  { name: 'sessions', says: '10000 clicks are 5861 sessions' },
  { name: 'top-pages-per-country', says: '8 countries' },
  { name: 'friends-of-friends', says: '150 people' },
  { name: 'billing', says: '310 bills' },
  { name: 'n-grams', says: /2019 of 7120 phrases .* 'in the morning'/ },
  { name: 'total-sort', says: '20000 rows in 2 parts' },
  { name: 'log-anomalies', says: '8 minutes' },
  { name: 'deduplication', says: '50000 rows', size: 50_000 },
  { name: 'warehouse-load', says: '7 days, 19101 rows, 429 records rejected', size: 14_000 },
  { name: 'k-means', says: '2000 points in 5 clusters' },
]);

test('total-sort answers how many rows it has read and sorted, and the first of them', async () => {
  const folder = temporaryFolder();
  const { answers } = await runJob('total-sort', { ...makeInput(folder, 400), out: join(folder, 'out') }, ['--inline']);
  expect(answers).toMatchObject({ read: 400, sorted: 400, first: [{ country: null }, { country: null }, { country: null }] });
});
