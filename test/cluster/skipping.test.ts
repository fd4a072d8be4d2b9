// Bad records on a cluster: whatever dies on the way, output, letters and counters are those of an inline run, the command ends
// with 3, and a job with one bad record too many fails with the same words everywhere and leaves nothing.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobStatus } from '@sheaf/protocol/messages';
import { verifyOutput } from '@sheaf/storage';
import { afterAll, expect, test } from 'vitest';
import type { Command } from './harness/command.ts';
import { digestsOf, partsOf } from './harness/outputs.ts';
import { jobFile, paramsOf, type TestCluster } from './harness/test-cluster.ts';
import { withCluster } from './harness/with-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-skipping-'));
const input = join(folder, 'in.csv');
const rows = Array.from({ length: 4_200 }, (_, id) => `${id},${'x'.repeat(20 + ((id * 37) % 150))}\n`);
writeFileSync(input, `id,text\n${rows.join('')}`);
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly output: unknown;
  readonly letters: unknown;
  readonly counters: JobStatus['counters'];
  readonly skipped: number | undefined;
}

async function outcomeOf(cluster: TestCluster, command: Command, out: string): Promise<Outcome> {
  const { code, stderr } = await command.ended;
  expect(code, stderr).toBe(3);
  const { state, counters, skipped } = await command.status();
  expect(state).toBe('succeeded');
  const letters = cluster.output('bad');
  expect([await verifyOutput(out), await verifyOutput(letters)]).toEqual([[], []]);
  return { output: digestsOf(partsOf(out)), letters: digestsOf(partsOf(letters)), counters, skipped: skipped?.records };
}

function inline(cluster: TestCluster, bad: number, ...options: readonly string[]): Command {
  const params = paramsOf({ in: input, out: cluster.output('inline'), bad: String(bad) });
  return cluster.command('run', jobFile('skipping'), ...params, '--inline', '--overwrite', ...options);
}

async function expectSame(cluster: TestCluster, command: Command, out: string): Promise<void> {
  const found = await outcomeOf(cluster, command, out);
  const expected = await outcomeOf(cluster, inline(cluster, 40, '--json'), cluster.output('inline'));
  expect(found).toEqual(expected);
  expect(found.skipped).toBe(40);
}

test.concurrent('a worker is killed with -9 when its maps are done: they run again, and each letter is there once', () =>
  withCluster({ workers: [{}, {}, {}] }, async cluster => {
    const out = cluster.output('out');
    cluster.gates.close('reduce-0');
    const run = cluster.submit('skipping', { in: input, out, bad: '40' });
    const doomed = await cluster.workerAtGate('reduce-0');
    await doomed.process.kill();
    cluster.gates.open('reduce-0');
    await expectSame(cluster, run, out);
    expect(Object.values(cluster.gates.timesBegun('map')).some(times => times > 1)).toBe(true);
  }));

test.concurrent('the coordinator is killed with -9 when some maps are done: what they skipped stays counted', () =>
  withCluster({ workers: [{}] }, async cluster => {
    const out = cluster.output('out');
    cluster.gates.close('map-3');
    const run = cluster.submit('skipping', { in: input, out, bad: '40' });
    await cluster.workerAtGate('map-3');
    await cluster.killCoordinator();
    await cluster.restartCoordinator();
    cluster.gates.open('map-3');
    await expectSame(cluster, run, out);
    const asked = await Promise.all(['status', 'counters'].map(async name => cluster.command(name, await run.job()).ended));
    expect(asked[0]?.stdout).toContain(`skipped 40 records, dead letters ${cluster.output('bad')}\n`);
    expect(asked[1]?.stdout).toContain('map.skippedRecords\t40\n');
  }));

test.concurrent('one bad record more than there may be: the same failure inline and on a cluster, and nothing is left', () =>
  withCluster({ workers: [{}, {}] }, async cluster => {
    const out = cluster.output('out');
    const failures: unknown[] = [];
    for (const command of [inline(cluster, 41, '--json'), cluster.submitUngated('skipping', { in: input, out, bad: '41' })]) {
      const { code } = await command.ended;
      const { state, error } = await command.status();
      failures.push({ code, state, failure: error?.code, message: error?.message, record: error?.record });
      expect([out, cluster.output('inline'), cluster.output('bad')].filter(existsSync)).toEqual([]);
    }
    expect(failures[1]).toEqual(failures[0]);
    expect(failures[0]).toMatchObject({
      ...{ code: 1, state: 'failed', failure: 'E_TOO_MANY_SKIPPED', record: { file: input, line: 9 } },
      message: expect.stringMatching(
        /^41 of the first \d+ records are bad, and onError.skip.maxCount allows 40. The first: Error: 7 is bad$/,
      ),
    });
  }));

test.concurrent('a person is told how many, and where; without a bad record the folder is there and the command ends with 0', () =>
  withCluster({ workers: [] }, async cluster => {
    const some = await inline(cluster, 1).ended;
    expect(some.code).toBe(3);
    expect(some.stderr).toContain('skipping completed with 1 skipped record: out/bad/, in');
    expect(some.stdout).toBe(`${cluster.output('inline')}\n`);
    const none = await inline(cluster, 0).ended;
    expect(none.code).toBe(0);
    expect(await verifyOutput(cluster.output('bad'))).toEqual([]);
    expect(partsOf(cluster.output('bad')).size).toBe(0);
  }));
