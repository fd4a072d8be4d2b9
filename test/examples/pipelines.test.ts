// The classics of MapReduce as pipelines: joins, orders, sessions, iterations, each as its reader runs it.

import { testExamples } from './run-example.ts';

testExamples([
  { name: 'tf-idf', says: '50 words in 30 documents' },
  { name: 'page-rank', says: '300 pages' },
  { name: 'sessions', says: '10000 clicks are 5861 sessions' },
  { name: 'top-pages-per-country', says: '8 countries' },
  { name: 'friends-of-friends', says: '150 people' },
  { name: 'k-means', says: '2000 points in 5 clusters' },
]);
