// Whole conversations with a real coordinator: jobs to their end, fences, restarts. The workers are written by hand, so that
// every message is seen; nothing here runs a task.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAttemptId } from '@sheaf/protocol';
import type { CoordinatorMessage, JobStatus, TaskAssignment, WorkerMessage } from '@sheaf/protocol/messages';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveCoordinator, type Peer } from './live-coordinator.ts';
import { mapOnly, runSampleTask, sampleJob, sampleSubmission } from './sample-job.ts';

let live: LiveCoordinator;
beforeEach(async () => {
  live = await new LiveCoordinator().start();
});
afterEach(() => live.end());

type FakeWorker = Peer<CoordinatorMessage, WorkerMessage>;

function succeed(worker: FakeWorker, assignment: TaskAssignment): void {
  const { job, stage, task, attempt } = assignment;
  worker.send({ type: 'succeeded', job, stage, task, attempt, result: runSampleTask(assignment) });
}

async function assigned(worker: FakeWorker, count: number): Promise<TaskAssignment[]> {
  const assignments: TaskAssignment[] = [];
  while (assignments.length < count) assignments.push((await worker.next('assign')).assignment);
  return assignments;
}

const outputOf = (): { [name: string]: string } =>
  Object.fromEntries(readdirSync(join(live.directory, 'out')).map(name => [name, readFileSync(join(live.directory, 'out', name), 'utf8')]));

describe('a job', () => {
  it('runs from its submission to its committed output', async () => {
    const worker = await live.worker();
    expect(await worker.next('welcome')).toMatchObject({ session: '1.1', epoch: 1, keep: [], resume: [] });
    const client = await live.client();
    client.send({ type: 'submit', request: 1, submission: await sampleSubmission(live) });
    expect(await client.next('submitted')).toMatchObject({ request: 1, job: sampleJob });
    client.send({ type: 'watch', request: 2, job: sampleJob });
    expect((await client.next('status')).status).toMatchObject({ name: 'copy', endedAt: null });

    const { job } = await worker.next('open-job');
    expect(job).toMatchObject({ job: sampleJob, name: 'copy', params: new Uint8Array([0xc0]) });
    const [nonce] = job.nonces;
    expect(readFileSync(nonce?.path ?? '', 'utf8')).toBe(nonce?.text);
    expect(await (await fetch(`${live.address}/blobs/${job.bundle}`)).text()).toBe('export default 1;');
    const assignments = await assigned(worker, 2);
    expect(assignments.map(({ split }) => split?.files.map(({ path }) => path))).toEqual([
      [join(live.directory, 'in', 'a.txt')],
      [join(live.directory, 'in', 'b.txt')],
    ]);
    expect(existsSync(join(live.directory, 'out'))).toBe(false);
    for (const assignment of assignments) {
      succeed(worker, assignment);
      expect(await worker.next('accepted')).toMatchObject({ attempt: assignment.attempt });
    }
    await worker.next('close-job');
    const { status } = await client.next('status', ({ status: { endedAt } }) => endedAt !== null);
    expect(status).toMatchObject({ state: 'succeeded', error: null, counters: { 'map.recordsIn': 4, seen: 2 } });
    expect(outputOf()).toMatchObject({ 'part-00000.txt': 'part of task 0\n', 'part-00001.txt': 'part of task 1\n' });
    expect(readdirSync(live.directory).sort()).toEqual(['in', 'out', 'state']);
    expect(await live.json(`/jobs/${sampleJob}`)).toEqual(status);
  });

  it('submitted again is the same job, also after its end and after a restart', async () => {
    const worker = await live.worker();
    let client = await live.client();
    const submission = await sampleSubmission(live);
    for (const request of [1, 2]) client.send({ type: 'submit', request, submission });
    await client.next('submitted', ({ request }) => request === 1);
    await client.next('submitted', ({ request }) => request === 2);
    for (const assignment of await assigned(worker, 2)) succeed(worker, assignment);
    await worker.next('close-job');
    await live.restart();
    client = await live.client();
    client.send({ type: 'submit', request: 3, submission });
    await client.next('submitted');
    client.send({ type: 'watch', request: 4, job: sampleJob });
    expect((await client.next('status')).status.state).toBe('succeeded');
    expect(await live.json('/jobs')).toHaveLength(1);
  });

  it('that is cancelled leaves nothing', async () => {
    const worker = await live.worker();
    const client = await live.client();
    client.send({ type: 'submit', request: 1, submission: await sampleSubmission(live) });
    await client.next('submitted');
    await assigned(worker, 2);
    client.send({ type: 'watch', request: 2, job: sampleJob });
    client.send({ type: 'cancel', request: 3, job: sampleJob, reason: 'Ctrl-C' });
    const { status } = await client.next('status', ({ status: { endedAt } }) => endedAt !== null);
    expect(status.state).toBe('cancelled');
    await worker.next('close-job');
    expect(readdirSync(live.directory).sort()).toEqual(['in', 'state']);
  });

  it('of which a task fails tells its watchers the failure, and runs the task again', async () => {
    const worker = await live.worker();
    const client = await live.client();
    client.send({ type: 'submit', request: 1, submission: await sampleSubmission(live) });
    await client.next('submitted');
    client.send({ type: 'watch', request: 2, job: sampleJob });
    const [first, second] = (await assigned(worker, 2)) as [TaskAssignment, TaskAssignment];
    const failure = { code: 'E_USER_CODE', message: 'TypeError: no', stack: 'job.ts:3:4' } as const;
    const { job, stage, task, attempt } = first;
    worker.send({ type: 'failed', job, stage, task, attempt, failure, durationMs: 1 });
    expect((await client.next('note')).note).toMatchObject({ kind: 'attempt-failed', failure: { message: 'TypeError: no' } });
    succeed(worker, second);
    const [again] = (await assigned(worker, 1)) as [TaskAssignment];
    expect(again).toMatchObject({ task: first.task, number: 2 });
    succeed(worker, again);
    await client.next('status', ({ status }) => status.state === 'succeeded');
  });
});

describe('a submission', () => {
  it.each<[string, Parameters<typeof sampleSubmission>[1], string]>([
    ['whose graph is none', { graph: '{"version":1}' }, 'the stage graph is malformed at job'],
    ['whose input matches nothing', { graph: JSON.stringify(mapOnly).replace('"in"', '"nothing*"') }, 'nothing*: no file matches'],
    ['whose bundle was not uploaded', { bundle: 'ab'.repeat(32) }, 'the bundle was not uploaded'],
    ['whose output holds its input', { graph: JSON.stringify(mapOnly).replace('"out"', '"."') }, 'in/a.txt'],
    ['whose output goes elsewhere', { graph: JSON.stringify(mapOnly).replace('"out"', '"s3://bucket/out"') }, "not to 's3:'"],
  ])('%s is a usage error and leaves nothing', async (_, changes, message) => {
    const client = await live.client();
    client.send({ type: 'submit', request: 7, submission: await sampleSubmission(live, changes) });
    const answer = await client.next('rejected');
    expect(answer).toMatchObject({ request: 7, kind: 'usage', failure: { code: 'E_USAGE' } });
    expect(answer.failure.message).toContain(message);
    expect(await live.json('/jobs')).toEqual([]);
    expect(readdirSync(live.directory).sort()).toEqual(['in', 'state']);
  });

  it('is refused for an output that exists or that another job writes', async () => {
    const client = await live.client();
    client.send({ type: 'submit', request: 1, submission: await sampleSubmission(live) });
    await client.next('submitted');
    client.send({ type: 'submit', request: 2, submission: await sampleSubmission(live, { job: 'jsample000002' as never }) });
    expect((await client.next('rejected')).failure.message).toContain(`the job ${sampleJob} is writing ${join(live.directory, 'out')}`);
    const worker = await live.worker();
    for (const assignment of await assigned(worker, 2)) succeed(worker, assignment);
    await worker.next('close-job');
    client.send({ type: 'submit', request: 3, submission: await sampleSubmission(live, { job: 'jsample000003' as never }) });
    expect((await client.next('rejected')).failure.message).toContain('the output exists');
    client.send({
      type: 'submit',
      request: 4,
      submission: await sampleSubmission(live, { job: 'jsample000003' as never, overwrite: true }),
    });
    await client.next('submitted');
  });
});

describe('a restart', () => {
  it.each(['restart', 'crash'] as const)(
    '(%s) in the middle of a job loses nothing: finished tasks count, running ones go on',
    async how => {
      const worker = await live.worker();
      const client = await live.client();
      client.send({ type: 'submit', request: 1, submission: await sampleSubmission(live) });
      await client.next('submitted');
      const [first, second] = (await assigned(worker, 2)) as [TaskAssignment, TaskAssignment];
      succeed(worker, first);
      await worker.next('accepted');
      await live[how]();
      expect(live.running.epoch).toBe(2);
      expect(((await live.json(`/jobs/${sampleJob}`)) as JobStatus).stages).toMatchObject([{ name: 'map', total: 2, done: 1 }]);
      const { job, stage, task, attempt, number, generation } = second;
      const back = await live.worker('w0000000a', { running: [{ job, stage, task, attempt, number, generation }] });
      expect(await back.next('welcome')).toMatchObject({ epoch: 2, resume: [attempt] });
      succeed(back, second);
      expect(await back.next('accepted')).toMatchObject({ attempt });
      await back.next('close-job');
      expect(outputOf()).toMatchObject({ 'part-00000.txt': 'part of task 0\n', 'part-00001.txt': 'part of task 1\n' });
    },
  );
});

describe('a session', () => {
  it('of a worker ends when a newer one comes, and what it says then counts for nothing', async () => {
    const old = await live.worker();
    await old.next('welcome');
    const client = await live.client();
    client.send({ type: 'submit', request: 1, submission: await sampleSubmission(live) });
    const assignments = await assigned(old, 2);
    const newer = await live.worker();
    expect(await newer.next('welcome')).toMatchObject({ session: '1.2' });
    expect((await old.closed).code).toBe(4000);
    const again = await assigned(newer, 2);
    expect(again.map(({ task }) => task).sort()).toEqual([0, 1]);
    expect(again.map(({ attempt }) => attempt)).not.toContain(assignments[0]?.attempt);
  });

  it('says what an attempt logged, for as long as its worker is there', async () => {
    const worker = await live.worker();
    const client = await live.client();
    client.send({ type: 'submit', request: 1, submission: await sampleSubmission(live) });
    const [{ attempt }] = (await assigned(worker, 2)) as [TaskAssignment, TaskAssignment];
    const asked = fetch(`${live.address}/jobs/${sampleJob}/logs?attempt=${attempt}`);
    const { request } = await worker.next('read-log', message => message.attempt === attempt);
    worker.send({ type: 'log-lines', request, text: 'hello\n' });
    expect(await (await asked).text()).toBe('hello\n');
    worker.cut();
    const gone = await fetch(`${live.address}/jobs/${sampleJob}/logs?attempt=${attempt}`);
    expect([gone.status, await gone.text()]).toEqual([404, expect.stringContaining('does not answer')]);
    expect((await fetch(`${live.address}/jobs/${sampleJob}/logs?attempt=${parseAttemptId('9.9')}`)).status).toBe(404);
  });
});

it('stops in order: links are told, the state is free for the next one', async () => {
  const worker = await live.worker();
  const client = await live.client();
  await worker.next('welcome');
  await live.running.stop();
  expect((await worker.closed).code).toBe(1001);
  expect((await client.closed).code).toBe(1001);
  expect(await live.running.ended).toBeNull();
  await live.start();
  expect(live.running.epoch).toBe(2);
});
