// An output that exists is refused, or kept until the new one commits: it survives a job that fails. Of two jobs that would write
// one folder the second is refused. Who changes input or output while a job runs makes it fail, and loses nothing of his own.

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

test('an output that somebody else makes while the job runs is kept, and the job fails', async () => {
  const out = cluster.output('taken');
  cluster.renewGates().close('reduce');
  const run = cluster.submit('gated-count', { in: input, out });
  await cluster.workerAtGate('reduce-0');
  oldOutput('taken');
  cluster.gates.open('reduce');
  const { code, stderr } = await run.ended;
  expect(code).toBe(1);
  expect(stderr).toContain(`${out}: the output has come into being while the job ran; it is kept, and the job's own is given up`);
  expect(partsOf(out)).toEqual(old);
  expect(stagingOf(out)).toEqual([]);
});

test('an input file that changes while the job runs makes it fail, at once', async () => {
  const out = cluster.output('changed');
  const changing = join(folder, 'changing.txt');
  writeFileSync(changing, 'one\n'.repeat(1_000));
  cluster.renewGates().close('map-0');
  const run = cluster.submit('gated-count', { in: changing, out });
  await cluster.workerAtGate('map-0');
  writeFileSync(changing, 'two\n'.repeat(1_001));
  cluster.gates.open('map-0');
  const { code, stderr } = await run.ended;
  expect(code).toBe(1);
  const words = `an input file changed while the job ran: ${changing}: it had 4000 bytes, now it has 4004`;
  expect(stderr.split('\n').slice(1, 3)).toEqual([changing, `  ${words}`]);
  expect(await run.status()).toMatchObject({ state: 'failed', error: { code: 'E_INPUT_CHANGED' }, stages: [{ failed: 1 }, {}] });
});
