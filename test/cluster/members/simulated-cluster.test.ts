// The processes of a simulated cluster: they get ready, they are told apart when they fail, and nothing of them stays.

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, MemberError, startCluster } from '@sheaf/cluster';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureBundle } from '../../../packages/sheaf/build/ensure-bundle.mjs';

let directory = '';
let cli = '';
let clusters: Cluster[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sheaf-members-'));
  ({ cli } = await ensureBundle());
});

afterEach(async () => {
  const members = clusters.flatMap(cluster => [cluster.coordinator, ...cluster.workers]);
  await Promise.all(clusters.map(cluster => cluster.stop()));
  clusters = [];
  expect(members.filter(({ pid }) => existsSync(`/proc/${pid}`))).toEqual([]);
  expect(readdirSync(directory)).toEqual([]);
  rmSync(directory, { recursive: true });
});

function start(program = cli): Cluster {
  const cluster = startCluster({ cli: program, workers: 2, slots: 1, directory });
  clusters.push(cluster);
  return cluster;
}

test('workers come and go, and a coordinator that was killed comes back on its port', async () => {
  const cluster = start();
  const url = await cluster.url;
  await Promise.all(cluster.workers.map(worker => worker.ready));
  cluster.workers[0]?.kill('SIGKILL');
  expect(await cluster.workers[0]?.ended).toEqual({ code: null, signal: 'SIGKILL' });
  await cluster.addWorker();
  expect(cluster.workers).toHaveLength(3);
  const killed = cluster.coordinator;
  killed.kill('SIGKILL');
  await killed.ended;
  expect(cluster.coordinator).not.toBe(killed);
  expect(await cluster.coordinator.ready).toMatchObject({ url });
});

test('its last worker is started again, three times; then it is broken, and says how', async () => {
  const cluster = start();
  const broken = expect(cluster.broken).rejects.toThrow(/^no worker is left: worker 5 ended with SIGKILL/);
  for (let at = 0; at < cluster.workers.length; at++) {
    const worker = cluster.workers[at];
    await worker?.ready;
    worker?.kill('SIGKILL');
    await worker?.ended;
  }
  expect(cluster.workers).toHaveLength(5);
  await broken;
});

test('a member that cannot start is known at once, with what it said', async () => {
  const cluster = start(join(directory, 'missing.mjs'));
  await expect(cluster.url).rejects.toThrow(/^the coordinator ended with code 1 before it was ready\n[\s\S]*missing\.mjs/);
  await expect(cluster.broken).rejects.toThrow(MemberError);
});

test('stopping before anything is ready, and twice, leaves nothing', async () => {
  const cluster = start();
  await Promise.all([cluster.stop(), cluster.stop()]);
});

test('members end with their standard input, each with its own folder', async () => {
  const cluster = start();
  await Promise.all([cluster.coordinator, ...cluster.workers].map(member => member.ready));
  await Promise.all([cluster.coordinator, ...cluster.workers].map(member => member.stop(5_000)));
  expect(readdirSync(directory)).toEqual([]);
});
