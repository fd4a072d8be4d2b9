// An output that exists is refused, or kept until the new one commits: it survives a job that fails. Of two jobs that would write
// one folder the second is refused.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { partsOf, stagingOf } from './harness/outputs.ts';
import { TestCluster } from './harness/test-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-outputs-'));
const input = join(folder, 'lines.txt');
let cluster: TestCluster;

beforeAll(async () => {
  writeFileSync(input, 'one\ntwo\nthrows a string\n');
  cluster = await TestCluster.start();
});
afterAll(async () => {
  expect(await cluster.stop()).toEqual([]);
  rmSync(folder, { recursive: true });
});

function oldOutput(name: string): string {
  const out = cluster.output(name);
  mkdirSync(out);
  writeFileSync(join(out, 'part-00000.txt'), 'old\n');
  return out;
}
const old = new Map([['part-00000.txt', Buffer.from('old\n')]]);

test('an output that exists is refused before anything runs', async () => {
  const out = oldOutput('refused');
  const { code, stdout, stderr } = await cluster.submit('gated-count', { in: input, out }).ended;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toBe(`error: ${out}: the output exists; remove it, write elsewhere, or say --overwrite\n`);
  expect(partsOf(out)).toEqual(old);
  expect(stagingOf(out)).toEqual([]);
});

test('with --overwrite it survives a job that fails, and gives way to one that succeeds', async () => {
  const out = oldOutput('overwritten');
  const failing = await cluster.submit('misbehaves', { in: input, out }, '--overwrite').ended;
  expect(failing.code, failing.stderr).toBe(1);
  expect(partsOf(out)).toEqual(old);
  expect(stagingOf(out)).toEqual([]);
  const run = await cluster.submit('gated-count', { in: input, out }, '--overwrite').ended;
  expect(run.code, run.stderr).toBe(0);
  expect([...partsOf(out).keys()]).toEqual(['part-00000.jsonl', 'part-00001.jsonl', 'part-00002.jsonl']);
  expect((await cluster.command('output', 'verify', out).ended).code).toBe(0);
});

test('of two jobs that would write one folder the second is refused', async () => {
  const out = cluster.output('both');
  cluster.renewGates().close('map');
  const first = cluster.submit('gated-count', { in: input, out });
  const job = await first.job();
  const { code, stderr } = await cluster.submit('gated-count', { in: input, out }).ended;
  expect(code).toBe(2);
  expect(stderr).toContain(job);
  cluster.gates.open('map');
  expect((await first.ended).code).toBe(0);
});
