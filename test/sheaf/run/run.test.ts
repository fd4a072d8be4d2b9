// `run` from a program, which here is the test itself: what it resolves with, inline and on workers, and how it rejects.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineJob, from, JobError, mapReduce, run, to, UsageError } from 'sheaf';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { partsOf, stagingOf } from '../../cluster/harness/outputs.ts';
import { waitUntil } from '../../cluster/harness/wait-until.ts';
import { withCluster } from '../../cluster/harness/with-cluster.ts';
import answering from '../../cluster/jobs/answering.ts';
import gatedCount from '../../cluster/jobs/gated-count.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-run-test-'));
const input = join(folder, 'in');
mkdirSync(input);
writeFileSync(join(input, 'a.txt'), 'a rose is a rose\n');
writeFileSync(join(input, 'b.txt'), 'is it a rose\n');
afterAll(() => rmSync(folder, { recursive: true }));

const answers = {
  total: 9,
  most: [
    { word: 'a', count: 3 },
    { word: 'rose', count: 3 },
    { word: 'is', count: 2 },
  ],
  all: [
    { word: 'a', count: 3 },
    { word: 'rose', count: 3 },
    { word: 'is', count: 2 },
    { word: 'it', count: 1 },
  ],
};

/** What a promise rejects with. */
async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('it was fulfilled');
    },
    error => error as Error,
  );
}

test('inline the functions are those of the program, with all that they capture, and answers keep their types', async () => {
  const seen: string[] = [];
  const job = defineJob({
    name: 'seen',
    params: z.object({ since: z.date() }),
    plan({ params, read }) {
      const lines = read(from.text(input)).peek((line, { count }) => {
        count('seen');
        seen.push(line);
      });
      return { dates: lines.map(line => [line, params.since, 2n ** 70n] as const).collect(), count: lines.count() };
    },
  });
  const since = new Date(5);
  const { id, counters, answers } = await run(job, { since }, { inline: true });
  expect(id).toMatch(/^j[0-9a-z]+$/);
  expect(counters.seen).toBe(2);
  expect(answers.count).toBe(2);
  expect(answers.dates).toEqual([
    ['a rose is a rose', since, 2n ** 70n],
    ['is it a rose', since, 2n ** 70n],
  ]);
  expect(seen).toEqual(['a rose is a rose', 'is it a rose']);
});

test('records that onError skips are counted, and lie in its folder', async () => {
  const bad = join(folder, 'bad');
  const job = defineJob({
    name: 'skips',
    onError: { skip: { maxCount: 1 }, deadLetter: bad },
    plan({ read }) {
      const rose = read(from.text(input)).map(line => {
        if (line.startsWith('is')) throw new RangeError('a question');
        return line;
      });
      return { roses: rose.collect() };
    },
  });
  const { counters, answers } = await run(job, {}, { inline: true });
  expect(answers.roses).toEqual(['a rose is a rose']);
  expect(counters).toMatchObject({ 'read.recordsIn': 2, 'read.skippedRecords': 1 });
  const letters = [...partsOf(bad).values()].map(part => JSON.parse(part.toString()) as unknown);
  const place = { file: join(input, 'b.txt'), offset: 0, line: 1, record: 'is it a rose' };
  expect(letters).toEqual([{ ...place, stage: 'read', function: 'map', code: 'E_USER_CODE', message: 'RangeError: a question' }]);
});

test('several runs inline at once do not disturb each other', async () => {
  const job = mapReduce({
    name: 'lengths',
    params: z.object({ out: z.string(), factor: z.number() }),
    input: from.text(input),
    map: (line, { params }) => [[line.length, params.factor]],
    *reduce(length, factors) {
      for (const factor of factors) yield length * factor;
    },
    output: p => to.jsonl(p.out),
  });
  const factors = [1, 2, 3, 4];
  await Promise.all(factors.map(factor => run(job, { out: join(folder, `lengths-${factor}`), factor }, { inline: true })));
  for (const factor of factors) {
    const written = [...partsOf(join(folder, `lengths-${factor}`)).values()].join('').trim().split('\n').map(Number);
    expect(written.sort((a, b) => a - b)).toEqual([12 * factor, 16 * factor]);
  }
});

test('a job of a file of its own gives the same on a cluster that is started for it, and on one that is there', async () => {
  expect((await run(answering, { in: input }, { inline: true })).answers).toEqual(answers);
  const own = await run(answering, { in: input }, { workers: 2 });
  expect(own.answers).toEqual(answers);
  await withCluster({}, async cluster => {
    const there = await run(answering, { in: input }, { coordinator: cluster.url });
    expect(there.answers).toEqual(answers);
    expect(there.counters).toEqual(own.counters);
    expect((await cluster.status(there.id)).name).toBe('answering');
  });
});

test('a job that fails rejects with the report, the code, the record and the line', async () => {
  const out = join(folder, 'failed');
  const job = defineJob({
    name: 'refuses',
    plan({ read }) {
      const check = (line: string): string => {
        if (line.includes('it')) throw new RangeError('no it');
        return line;
      };
      read(from.text(input)).map(check).write(to.text(out));
    },
  });
  const error = await rejection(run(job, {}, { inline: true }));
  expect(error).toBeInstanceOf(JobError);
  const { code, text, record, place, cause, message, id } = error as JobError;
  expect({ code, text }).toEqual({ code: 'E_USER_CODE', text: 'RangeError: no it' });
  expect(record).toMatchObject({ file: join(input, 'b.txt'), line: 1, preview: 'is it a rose' });
  expect(place).toMatch(/run\.test\.ts:\d+:\d+$/);
  expect(cause).toBeInstanceOf(RangeError);
  expect(message).toContain(`refuses failed (${id})`);
  expect(readdirSync(folder).filter(name => name.includes('failed'))).toEqual([]);
});

test('what is wrong with the call is a usage error, before anything runs', async () => {
  const job = defineJob({
    name: 'needs',
    params: z.object({ day: z.string() }),
    plan: ({ read }) => ({ n: read(from.text('nowhere')).count() }),
  });
  const messageOf = async (promise: Promise<unknown>): Promise<string> => {
    const error = await rejection(promise);
    expect(error).toBeInstanceOf(UsageError);
    return error.message;
  };
  expect(await messageOf(run(job, { day: 5 as never }, { inline: true }))).toContain("job 'needs': wrong parameters:\n  - day: ");
  expect(await messageOf(run(job, { day: 'x' }, { inline: true }))).toContain('nowhere');
  expect(await messageOf(run(answering, { in: 5 as never }, { workers: 1 }))).toContain("job 'answering': wrong parameters:\n  - in: ");
  expect(await messageOf(run(job, { day: 'x' }, { inline: true, workers: 2 }))).toContain('inline is in this process');
  expect(await messageOf(run(job, { day: 'x' }, { workers: 0 }))).toContain('from 1 to 64, not 0');
  expect(await messageOf(run(job, { day: 'x' }, { coordinator: 'ws://127.0.0.1:1', workers: 2 }))).toContain('its own workers');
  expect(await messageOf(run(job, { day: 'x' }, { worker: 2 } as never))).toContain("run has no option 'worker'");
  expect(await messageOf(run({} as never, {}))).toContain('run takes a job');
});

test('an abort cancels the job: between two tasks inline, and on workers, where nothing is left', async () => {
  const before = new AbortController();
  before.abort();
  expect(await rejection(run(answering, { in: input }, { inline: true, signal: before.signal }))).toMatchObject({ name: 'AbortError' });
  const out = join(folder, 'aborted');
  const inline = new AbortController();
  const job = mapReduce({
    name: 'aborts',
    input: from.text(input),
    map: line => {
      inline.abort('enough');
      return [[line, 1]];
    },
    output: to.text(out),
  });
  const error = await rejection(run(job, {}, { inline: true, signal: inline.signal }));
  expect(error).toMatchObject({ name: 'AbortError', cause: 'enough' });
  expect([existsSync(out), stagingOf(out)]).toEqual([false, []]);
  await withCluster({}, async cluster => {
    const there = new AbortController();
    cluster.gates.close('map');
    const params = { in: input, out: cluster.output('aborted'), gates: cluster.gates.folder };
    const running = rejection(run(gatedCount, params, { coordinator: cluster.url, signal: there.signal }));
    await cluster.workerAtGate('map-0');
    there.abort();
    expect(await running).toMatchObject({ name: 'AbortError' });
    expect(await cluster.ask('/jobs')).toMatchObject([{ name: 'gated-count', state: 'cancelled' }]);
  });
});

test('an abort ends the cluster that was started for the job, with every process and file', async () => {
  const out = join(folder, 'gated');
  const gates = join(folder, 'gates');
  mkdirSync(gates);
  writeFileSync(join(gates, 'map.closed'), '');
  const stop = new AbortController();
  const running = rejection(run(gatedCount, { in: input, out, gates }, { workers: 1, signal: stop.signal }));
  const staged = () => stagingOf(out).length > 0;
  await waitUntil({ what: 'the job is accepted', condition: staged, deadlineMs: 25_000, describe: async () => '' });
  const clusters = (): string[] => childrenOf(process.pid).filter(command => command.includes('--member'));
  expect(clusters().length).toBeGreaterThan(0);
  stop.abort();
  expect(await running).toMatchObject({ name: 'AbortError' });
  expect([existsSync(out), stagingOf(out), clusters()]).toEqual([false, [], []]);
});

/** The commands of a process's children. */
function childrenOf(pid: number): string[] {
  const pids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return pids.map(child => execFileSync('cat', [`/proc/${child}/cmdline`], { encoding: 'utf8' }).replaceAll('\0', ' '));
}
