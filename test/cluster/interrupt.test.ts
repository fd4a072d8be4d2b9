// Ctrl-C at `run`, to the process or to its whole group, at any moment: it ends with 130, and nothing is left of cluster and job.
// Ctrl-C at `submit` lets go of the job, or cancels it when that was asked for.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Command } from './harness/command.ts';
import { holdCommit } from './harness/held-commit.ts';
import { filesBelow, partsOf } from './harness/outputs.ts';
import { jobFile, paramsOf, TestCluster } from './harness/test-cluster.ts';
import { withCluster } from './harness/with-cluster.ts';
import { writeWords } from './harness/word-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-words-'));
const input = writeWords(folder);
afterAll(() => rmSync(folder, { recursive: true }));

interface Running {
  readonly cluster: TestCluster;
  readonly run: Command;
}

/** `sheaf run` in a folder of its own, in which nothing may be left. */
async function withRun(
  { closed = [], options = [] }: { readonly closed?: readonly string[]; readonly options?: readonly string[] },
  work: (running: Running, out: string) => Promise<void>,
): Promise<void> {
  const cluster = await TestCluster.empty();
  cluster.gates.close(...closed);
  const out = cluster.output('counts');
  const params = paramsOf({ in: input, out, gates: cluster.gates.folder });
  try {
    await work({ cluster, run: cluster.command('run', jobFile('gated-count'), ...params, '--workers', '2', ...options) }, out);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  expect(await cluster.stop()).toEqual([]);
}

async function expectInterrupted({ cluster, run }: Running): Promise<void> {
  const { code, stdout, stderr } = await run.ended;
  expect(code, stderr).toBe(130);
  expect(stdout).toBe('');
  expect(filesBelow(join(cluster.folder, 'out'))).toEqual([]);
}

async function atGate({ cluster }: Running, gate: string): Promise<void> {
  await cluster.until(`a task is at gate ${gate}`, () => cluster.gates.workerAt(gate));
}

test.concurrent('at run, in maps, to the process alone', () =>
  withRun({ closed: ['map'] }, async running => {
    await atGate(running, 'map-0');
    running.run.process.signal('SIGINT');
    await expectInterrupted(running);
    expect((await running.run.ended).stderr).toMatch(/cancelling\n(.*\n)*gated-count was cancelled \(j\w+\)\n$/);
  }));

test.concurrent('at run, in a reduce, to the whole process group', () =>
  withRun({ closed: ['reduce'] }, async running => {
    await atGate(running, 'reduce-0');
    running.run.process.signalGroup('SIGINT');
    await expectInterrupted(running);
  }));

test.concurrent('at run, before its cluster is there', () =>
  withRun({}, async running => {
    await running.cluster.until('its cluster is being started', () => running.run.process.seen().length > 1);
    running.run.process.signalGroup('SIGINT');
    await expectInterrupted(running);
  }));

test.concurrent('at run, when a process of its cluster hears of it first and ends with it', async () => {
  const cluster = await TestCluster.empty();
  // In the place of the moment between a fork and the child's first step, which nobody can hit.
  const killed = `data:text/javascript,if (process.argv[2] === 'coordinator') process.kill(process.pid, 'SIGINT');`;
  const params = paramsOf({ in: input, out: cluster.output('counts'), gates: cluster.gates.folder });
  const run = cluster.commandWith({ NODE_OPTIONS: `--import="${killed}"` }, 'run', jobFile('gated-count'), ...params);
  await expectInterrupted({ cluster, run });
  expect((await run.ended).stderr).toBe('interrupted\n');
  expect(await cluster.stop()).toEqual([]);
});

test.concurrent('at run, passed on a second time by whoever started it', () =>
  withRun({ closed: ['map'] }, async running => {
    await atGate(running, 'map-0');
    running.run.process.signalGroup('SIGINT');
    running.run.process.signal('SIGINT');
    await expectInterrupted(running);
  }));

test.concurrent('at run, in its commit: too late, the output is there', () =>
  withRun({ closed: ['reduce'], options: ['--overwrite'] }, async (running, out) => {
    await atGate(running, 'reduce-0');
    const commit = holdCommit(out);
    running.cluster.gates.open('reduce');
    await running.run.process.says(/all tasks are done/);
    running.run.process.signal('SIGINT');
    await running.run.process.says(/cancelling/);
    await commit.release();
    expect(await running.run.ended).toMatchObject({ code: 0, stdout: `${out}\n` });
    expect(partsOf(out).size).toBe(3);
  }));

test.concurrent('again and again at run: it ends at once, and its cluster soon', () =>
  withRun({ closed: ['reduce'], options: ['--overwrite'] }, async (running, out) => {
    const { cluster, run } = running;
    await atGate(running, 'reduce-0');
    const commit = holdCommit(out);
    cluster.gates.open('reduce');
    await run.process.says(/all tasks are done/);
    await cluster.until('it ends before its commit', () => {
      run.process.signal('SIGINT');
      return !run.process.isRunning;
    });
    expect((await run.ended).code).toBe(130);
    await commit.release();
    await cluster.until('its cluster has ended', () => !run.process.hasFamily());
    expect(partsOf(out).size).toBe(3);
  }));

test.concurrent('at run --inline', () =>
  withRun({ closed: ['map-1'], options: ['--inline'] }, async running => {
    await atGate(running, 'map-1');
    running.run.process.signal('SIGINT');
    running.cluster.gates.open('map-1');
    await expectInterrupted(running);
  }));

test.concurrent('at submit: the job goes on, unless it is to be cancelled', () =>
  withCluster({ workers: [{}] }, async cluster => {
    cluster.gates.close('map-3');
    const out = cluster.output('counts');
    const submit = cluster.submit('gated-count', { in: input, out });
    const job = await submit.job();
    await cluster.workerAtGate('map-3');
    submit.process.signalGroup('SIGINT');
    const { code, stderr } = await submit.ended;
    expect(code).toBe(130);
    expect(stderr).toContain(`${job} goes on; follow it with: sheaf watch ${job} --coordinator ${cluster.url}\n`);
    expect(await cluster.status(job)).toMatchObject({ state: 'running' });
    const watch = cluster.command('watch', job, '--json');
    cluster.gates.open('map-3');
    expect((await watch.ended).code).toBe(0);
    expect(partsOf(out).size).toBe(3);

    cluster.renewGates().close('reduce-2');
    const bound = cluster.submit('gated-count', { in: input, out: cluster.output('bound') }, '--cancel-on-exit');
    await cluster.workerAtGate('reduce-2');
    bound.process.signal('SIGINT');
    expect((await bound.ended).code).toBe(130);
    expect(await bound.status()).toMatchObject({ state: 'cancelled' });
  }));
