// The first examples: one map, one reduce, each as its reader runs it.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as queueCheck from '../../examples/queue-of-items/check.ts';
import * as queueInput from '../../examples/queue-of-items/input.ts';
import { runJob, temporaryFolder, testExamples } from './run-example.ts';

testExamples([
  { name: 'word-count', says: 'each counted right' },
  { name: 'inverted-index', says: '33 words' },
  { name: 'csv-sum', says: '8 categories', size: 30_000 },
  { name: 'each-file', says: '120 files' },
  { name: 'access-log-report', says: '7 days' },
]);

test('queue-of-items: the failing item is tried again, and the results are there once', async () => {
  const params = { ...queueInput.makeInput(), out: join(temporaryFolder(), 'out') };
  const { stages } = await runJob('queue-of-items', params, ['--workers', '2', '--slots', '1']);
  expect(stages[0]).toMatchObject({ total: 24, done: 24, failed: 1 });
  expect(queueCheck.check(params)).toContain('24 items');
});

test('queue-of-items: inline, the first error ends the run and names the item and the line of the job', async () => {
  const params = { ...queueInput.makeInput(), out: join(temporaryFolder(), 'out') };
  await expect(runJob('queue-of-items', params, ['--inline'])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/item 7: the service did not answer[\s\S]*job\.ts:\d+/),
  });
  await runJob('queue-of-items', { ...params, flaky: '0' }, ['--inline']);
  expect(queueCheck.check(params)).toContain('24 items');
});
