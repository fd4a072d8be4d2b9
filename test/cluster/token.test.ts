// A cluster with a secret: whoever does not show it gets nowhere, whoever does works as ever. Without a secret nothing listens
// beyond this machine.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { partsOf } from './harness/outputs.ts';
import { jobFile, TestCluster } from './harness/test-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-token-'));
const input = join(folder, 'lines.txt');
const wrong = join(folder, 'wrong');
let cluster: TestCluster;

beforeAll(async () => {
  writeFileSync(input, 'one\ntwo\nthree\n');
  writeFileSync(wrong, 'quite-another-secret\n');
  cluster = await TestCluster.start({ workers: [{ machine: 'a' }, { machine: 'b' }], token: 'a-secret-of-enough-characters' });
});
afterAll(async () => {
  expect(await cluster.stop()).toEqual([]);
  rmSync(folder, { recursive: true });
});

test('everything works for who shows it: bundles, tasks, and outputs fetched between machines', async () => {
  const out = cluster.output('counts');
  const run = cluster.submit('gated-count', { in: input, out });
  expect((await run.ended).code, (await run.ended).stderr).toBe(0);
  expect([...partsOf(out).values()].join('').trimEnd().split('\n').sort()).toEqual([
    '{"word":"one","n":1}',
    '{"word":"three","n":1}',
    '{"word":"two","n":1}',
  ]);
  expect((await cluster.command('jobs').ended).stdout).toContain('gated-count');
});

test.each([
  ['submit', ['submit', jobFile('gated-count'), '-p', 'in=x', '-p', 'out=y']],
  ['jobs', ['jobs']],
  ['watch', ['watch', 'j000000000000']],
  ['cancel', ['cancel', 'j000000000000']],
  ['worker', ['worker', '--slots', '1']],
])('%s with another secret ends with 2 and says why', async (_, args) => {
  const { code, stdout, stderr } = await cluster.command(...args, '--token-file', wrong).ended;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/token/);
});

test('over HTTP only the question whether it is there has an answer without it', async () => {
  const url = cluster.url.replace(/^ws/, 'http');
  const statuses = await Promise.all(['/health', '/jobs', '/workers'].map(async path => (await fetch(url + path)).status));
  expect(statuses).toEqual([200, 401, 401]);
});

test.each([
  ['coordinator', ['coordinator', '--state-dir', join(folder, 'state'), '--port', '0', '--host', '0.0.0.0']],
  ['worker', ['worker', '--coordinator', 'ws://127.0.0.1:9', '--host', '0.0.0.0']],
])('a %s listens beyond this machine only with a secret', async (_, args) => {
  const open = await TestCluster.empty();
  const { code, stderr } = await open.command(...args).ended;
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: refusing to .* without a token/);
  expect(await open.stop()).toEqual([]);
});
