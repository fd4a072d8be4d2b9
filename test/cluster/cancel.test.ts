// A job is cancelled while it is queued, in its maps and in a reduce: it ends at once and leaves nothing. In its commit it is too
// late. What is asked of a job that has ended, or that nobody knows, has its answer too.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobStatus } from '@sheaf/protocol/messages';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Command } from './harness/command.ts';
import { holdCommit } from './harness/held-commit.ts';
import { filesBelow, partsOf, stagingOf } from './harness/outputs.ts';
import { TestCluster } from './harness/test-cluster.ts';
import { writeWords } from './harness/word-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-words-'));
const input = writeWords(folder);
let cluster: TestCluster;

beforeAll(async () => {
  cluster = await TestCluster.start();
});
beforeEach(() => void cluster.renewGates());
afterAll(async () => {
  expect(await cluster.stop()).toEqual([]);
  rmSync(folder, { recursive: true });
});

async function cancel(job: string): Promise<JobStatus> {
  const command = cluster.command('cancel', job, '--json');
  expect((await command.ended).code).toBe(0);
  return command.status();
}

/** The job is gone from everywhere, and whoever waited for it has been told. */
async function expectCancelled(run: Command, out: string): Promise<void> {
  const { code, stderr } = await run.ended;
  expect(code, stderr).toBe(130);
  expect(await run.status()).toMatchObject({ state: 'cancelled', error: null });
  expect(() => partsOf(out)).toThrow();
  expect(stagingOf(out)).toEqual([]);
}

const ofJobs = (): string[] => cluster.workers.flatMap(({ directory }) => filesBelow(directory)).filter(path => path.includes('/'));

test('while it is queued, and then the one before it, in its maps', async () => {
  cluster.gates.close('map');
  const [first, second] = [cluster.output('first'), cluster.output('second')];
  const running = cluster.submit('gated-count', { in: input, out: first });
  await cluster.workerAtGate('map-0');
  const queued = cluster.submit('gated-count', { in: input, out: second });
  const job = await queued.job();
  expect(await cluster.status(job)).toMatchObject({ state: 'queued' });
  expect(await cancel(job)).toMatchObject({ state: 'cancelled', stages: [{ done: 0 }, { done: 0 }] });
  await expectCancelled(queued, second);
  expect(await cluster.status(await running.job())).toMatchObject({ state: 'running' });
  expect(await cancel(await running.job())).toMatchObject({ state: 'cancelled' });
  await expectCancelled(running, first);
  await cluster.until('the worker has nothing of them', () => ofJobs().length === 0);
});

test('in a reduce, when one part is finished', async () => {
  cluster.gates.close('reduce-1');
  const out = cluster.output('counts');
  const run = cluster.submit('gated-count', { in: input, out });
  await cluster.workerAtGate('reduce-1');
  expect(stagingOf(out)).toHaveLength(1);
  expect(await cancel(await run.job())).toMatchObject({ state: 'cancelled', stages: [{ done: 6 }, { done: 1 }] });
  await expectCancelled(run, out);
  await cluster.until('the worker has nothing of it', () => ofJobs().length === 0);
});

test('in its commit: it is too late', async () => {
  const out = cluster.output('committed');
  const commit = holdCommit(out);
  const run = cluster.submit('gated-count', { in: input, out }, '--overwrite');
  const job = await run.job();
  await cluster.until('it commits', async () => (await cluster.status(job)).state === 'committing');
  const command = cluster.command('cancel', job, '--json');
  await cluster.until('the story tells of the request', async () => {
    const story = await cluster.ask<readonly { readonly what: string }[]>(`/jobs/${job}/story`);
    return story.some(({ what }) => /too late/.test(what));
  });
  await commit.release();
  expect(await command.status()).toMatchObject({ state: 'succeeded' });
  expect((await run.ended).code).toBe(0);
  expect(partsOf(out).size).toBe(3);
  // Once more, now that it has ended.
  expect(await cancel(job)).toMatchObject({ state: 'succeeded' });
  expect(partsOf(out).size).toBe(3);
});

test('a job that nobody knows', async () => {
  const { code, stderr } = await cluster.command('cancel', 'j000000000000').ended;
  expect(code).toBe(2);
  expect(stderr).toBe('error: no job j000000000000 is known here\n');
});
