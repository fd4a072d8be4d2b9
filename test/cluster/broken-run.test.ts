// Processes of `sheaf run` killed with -9 while its job runs: it goes on, with another worker where none is left, and ends with a
// reason when that does not help; in the end nothing is left of it. And commands that find nobody, or have to wait for somebody.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { countedWords } from './harness/counted-words.ts';
import { filesBelow } from './harness/outputs.ts';
import { isAlive } from './harness/process-table.ts';
import type { SheafProcess } from './harness/sheaf-process.ts';
import { jobFile, paramsOf, TestCluster } from './harness/test-cluster.ts';
import { withCluster } from './harness/with-cluster.ts';

const words = countedWords();
const { input } = words;

/** Kills the members of a run that its command line starts so. */
function killMembers(run: SheafProcess, command: 'coordinator' | 'worker'): void {
  const members = run.seen().filter(member => member.command.includes(` ${command} `));
  expect(members.length).toBeGreaterThan(0);
  for (const { pid } of members.filter(isAlive)) process.kill(pid, 'SIGKILL');
}

test.concurrent('a worker of a run', () =>
  withCluster({ workers: [] }, async cluster => {
    cluster.gates.close('map-4', 'map-5');
    const out = cluster.output('counts');
    const params = paramsOf({ in: input, out, gates: cluster.gates.folder });
    const run = cluster.command('run', jobFile('gated-count'), ...params, '--workers', '2', '--slots', '1', '--json');
    const worker = await cluster.until('a map is at its gate', () => cluster.gates.workerAt('map-4'));
    run.process.look();
    process.kill(worker, 'SIGKILL');
    cluster.gates.open('map-4', 'map-5');
    await words.expectCounted(run, out);
  }));

test.concurrent('the coordinator of a run, which is started again', () =>
  withCluster({ workers: [] }, async cluster => {
    cluster.gates.close('reduce-1');
    const out = cluster.output('counts');
    const params = paramsOf({ in: input, out, gates: cluster.gates.folder });
    const run = cluster.command('run', jobFile('gated-count'), ...params, '--workers', '2', '--slots', '1', '--json');
    await cluster.until('a reduce is at its gate', () => cluster.gates.workerAt('reduce-1'));
    killMembers(run.process, 'coordinator');
    cluster.gates.open('reduce-1');
    await words.expectCounted(run, out);
  }));

test.concurrent('the only worker of a run, which is started again', () =>
  withCluster({ workers: [] }, async cluster => {
    cluster.gates.close('reduce-1');
    const out = cluster.output('counts');
    const params = paramsOf({ in: input, out, gates: cluster.gates.folder });
    const run = cluster.command('run', jobFile('gated-count'), ...params, '--json');
    await cluster.until('a reduce is at its gate', () => cluster.gates.workerAt('reduce-1'));
    killMembers(run.process, 'worker');
    cluster.gates.open('reduce-1');
    await words.expectCounted(run, out);
  }));

test.concurrent('all workers of a run, again and again: it ends with 1 and says so', async () => {
  const cluster = await TestCluster.empty();
  cluster.gates.close('reduce-1');
  const params = paramsOf({ in: input, out: cluster.output('counts'), gates: cluster.gates.folder });
  const run = cluster.command('run', jobFile('gated-count'), ...params, '--workers', '2');
  await cluster.until('a reduce is at its gate', () => cluster.gates.workerAt('reduce-1'));
  let hasEnded = false;
  void run.ended.then(() => {
    hasEnded = true;
  });
  await cluster.until('the run has ended', () => {
    if (!hasEnded) killMembers(run.process, 'worker');
    return hasEnded;
  });
  const { code, stdout, stderr } = await run.ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/\nerror: no worker is left: worker \d ended with SIGKILL\n/);
  expect(filesBelow(join(cluster.folder, 'out'))).toEqual([]);
  expect(await cluster.stop()).toEqual([]);
});

test.concurrent('who submits while no coordinator is there waits for it; who only asks is told at once', () =>
  withCluster({ workers: [] }, async cluster => {
    await cluster.killCoordinator();
    const { code, stderr } = await cluster.command('jobs').ended;
    expect(code).toBe(4);
    expect(stderr).toBe(`error: the coordinator at ${cluster.url} cannot be asked: nothing listens there\n`);
    const out = cluster.output('counts');
    const run = cluster.submit('gated-count', { in: input, out });
    const worker = cluster.startWorker({});
    await run.process.says(/no contact with the coordinator at .*; trying again for 60 s\n/);
    await cluster.restartCoordinator();
    await worker;
    await words.expectCounted(run, out);
  }));
