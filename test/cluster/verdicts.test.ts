// What user code can do to itself, on a real cluster: each way ends in a failure of its own, told once, with the record, the
// user's line and the attempt where they are known; exit code 1; and never a dead worker. What fails once is made good.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Command } from './harness/command.ts';
import { partsOf, stagingOf } from './harness/outputs.ts';
import { jobFile, TestCluster } from './harness/test-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-verdicts-'));
let cluster: TestCluster;
let workers: readonly number[];

beforeAll(async () => {
  cluster = await TestCluster.start({ workers: [{}, {}] });
  workers = cluster.workers.map(({ process }) => process.pid);
});
afterAll(async () => {
  const alive = (await cluster.workersKnown()).map(({ pid, state }) => ({ pid, state }));
  const left = await cluster.stop();
  rmSync(folder, { recursive: true });
  expect(alive).toEqual(workers.map(pid => ({ pid, state: 'connected' })));
  expect(left).toEqual([]);
});

/** An input of which only line 41 is special; the second of two map tasks reads it. */
function inputWith(special: string): string {
  const path = join(folder, `${special.replaceAll(' ', '-')}.txt`);
  const lines = Array.from({ length: 60 }, (_, at) => (at === 40 ? special : at === 20 ? 'fifteen letters' : `line ${at + 1}`));
  writeFileSync(path, lines.join('\n'));
  return path;
}

const byteOf = (path: string, line: number): number =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, line - 1)
    .join('\n').length + 1;

function misbehave(way: string, params: { readonly [name: string]: string } = {}): { run: Command; input: string; out: string } {
  const input = inputWith(way);
  const out = cluster.output(way.replaceAll(' ', '-'));
  return { run: cluster.submit('misbehaves', { in: input, out, ...params }), input, out };
}

/** What is said on standard error after the job was accepted, with names for what differs between runs. */
async function reportOf({ run, out }: { readonly run: Command; readonly out: string }): Promise<string[]> {
  const { code, stderr } = await run.ended;
  expect(code, stderr).toBe(1);
  expect(await run.status()).toMatchObject({ state: 'failed' });
  expect(() => partsOf(out)).toThrow();
  expect(stagingOf(out)).toEqual([]);
  const named = stderr
    .replaceAll(/\bj[0-9a-z]{12}\b/g, 'JOB')
    .replaceAll(/\bw[0-9a-z]{8}\b/g, 'WORKER')
    .replaceAll(/#\d+\.\d+/g, '#ATTEMPT');
  expect(named).toMatch(/^what it printed: sheaf logs JOB --attempt \d+\.\d+ --coordinator ws:\S+$/m);
  return named
    .trimEnd()
    .split('\n')
    .slice(1, -1)
    .filter(line => !line.startsWith('what it printed: '));
}

/** Where a text stands in a job file: `PATH:LINE:COLUMN`, and the report's lines of that source. */
function placeIn(job: string, text: string, offset = 0): { place: string; source: string[] } {
  const path = jobFile(job);
  const lines = readFileSync(path, 'utf8').split('\n');
  const line = lines.findIndex(one => one.includes(text));
  const column = lines[line]!.indexOf(text) + offset;
  const number = String(line + 1);
  const mark = `  ${' '.repeat(number.length)} | ${' '.repeat(column)}^`;
  return { place: `${path}:${number}:${column + 1}`, source: [`  ${number} | ${lines[line]}`, mark] };
}

test.concurrent('an error that is thrown: file, line, byte, record, the words, the line of the job', async () => {
  const run = misbehave('throws an error');
  const thrown = placeIn('misbehaves', 'new RangeError');
  const called = placeIn('misbehaves', 'ways[line]?.()', 9);
  expect(await reportOf(run)).toEqual([
    `${run.input}:41 (byte ${byteOf(run.input, 41)})`,
    '  record: throws an error',
    '  RangeError: this line is out of range',
    thrown.place,
    ...thrown.source,
    `  at throws an error (${thrown.place})`,
    `  at map (${called.place})`,
    'in JOB/map@1#ATTEMPT on worker WORKER',
  ]);
  // The same error twice is final: it would be the same again.
  expect(await run.run.status()).toMatchObject({ stages: [{ failed: 2 }, {}], error: { code: 'E_USER_CODE' } });
});

test.concurrent('a string that is thrown', async () => {
  const run = misbehave('throws a string');
  expect(await reportOf(run)).toEqual([
    `${run.input}:41 (byte ${byteOf(run.input, 41)})`,
    '  record: throws a string',
    '  the job threw a string: just a string',
    'in JOB/map@1#ATTEMPT on worker WORKER',
  ]);
});

test.concurrent.each([0, 3])('a job that exits with %i: which record, and the line of the job that does it', async code => {
  const run = misbehave(`exits with ${code}`);
  const { place, source } = placeIn('misbehaves', `process.exit(${code})`, 'process.'.length);
  const report = await reportOf(run);
  expect(report.slice(0, 6)).toEqual([
    `${run.input}:41 (byte ${byteOf(run.input, 41)})`,
    `  record: exits with ${code}`,
    `  the job ended its process with exit code ${code}; a task ends by returning, not by process.exit`,
    place,
    ...source,
  ]);
  expect(report.at(-1)).toBe('in JOB/map@1#ATTEMPT on worker WORKER');
  // The same exit at the same place twice is final.
  expect(await run.run.status()).toMatchObject({ stages: [{ failed: 2 }, {}] });
});

/** `it was last seen after N records, at FILE:LINE (byte OFFSET)`: a line before the 41st, and the offset of that line. */
function expectLastSeen(text: string | undefined, input: string): void {
  const [, records, file, line, offset] = /^it was last seen after (\d+) records?, at (.*):(\d+) \(byte (\d+)\)$/.exec(text ?? '') ?? [];
  expect(file, text).toBe(input);
  expect(Number(records)).toBeGreaterThan(0);
  expect(Number(line)).toBeLessThan(41);
  expect(Number(offset)).toBe(byteOf(input, Number(line)));
}

test.concurrent('a job that takes all memory: where it was at its last report', async () => {
  const run = misbehave('takes all memory');
  const [words, lastSeen, attempt] = await reportOf(run);
  expect(words).toBe('the job used more heap than it may (settings.heapMb is 32; raise it, or keep less in memory)');
  expectLastSeen(lastSeen, run.input);
  expect(attempt).toBe('in JOB/map@1#ATTEMPT on worker WORKER');
});

test.concurrent('a loop that never ends: where it was at its last report', async () => {
  const out = cluster.output('never-ends');
  const input = inputWith('never ends');
  const run = cluster.submitUngated('never-ends', { in: input, out });
  const [words, lastSeen, attempt] = await reportOf({ run, out });
  expect(words).toMatch(/^no record was finished for \d s \(settings\.taskTimeoutMs\), after \d+ records or a few more$/);
  expectLastSeen(lastSeen, input);
  expect(attempt).toBe('in JOB/map@1#ATTEMPT on worker WORKER');
});

test.concurrent('a promise that never settles, in setup', async () => {
  const [words, attempt] = await reportOf(misbehave('line 41', { setup: 'never settles' }));
  expect(words).toBe('a promise of the job never settled, and nothing was left to wait for');
  expect(attempt).toMatch(/^in JOB\/map@[01]#ATTEMPT on worker WORKER$/);
});

test.concurrent('a rejection that nobody waits for', async () => {
  const report = await reportOf(misbehave('rejects and nobody waits'));
  const { place, source } = placeIn('misbehaves', "new Error('nobody waits for this')");
  expect(report.slice(0, 4)).toEqual([
    'a promise of the job was rejected and nobody waited for it: Error: nobody waits for this',
    place,
    ...source,
  ]);
});

test.concurrent('an error in a callback, where nobody can catch it', async () => {
  const report = await reportOf(misbehave('throws in a callback'));
  const { place } = placeIn('misbehaves', "new Error('nobody can catch this')");
  expect(report.slice(0, 2)).toEqual(['the job threw where nobody could catch it, in a callback: Error: nobody can catch this', place]);
});

test.concurrent('a row that cannot be read', async () => {
  const input = join(folder, 'rows.csv');
  writeFileSync(input, 'user,amount\n1,2\n2,x3\n3,4\n');
  const out = cluster.output('rows');
  const run = cluster.submitUngated('typed-rows', { in: input, out });
  expect(await reportOf({ run, out })).toEqual([
    `${input}:3 (byte 16)`,
    '  record: 2,x3',
    '  a record could not be decoded or was refused by its schema: column amount: expected a number, found "x3"',
    'in JOB/map@0#ATTEMPT on worker WORKER',
  ]);
});

test.concurrent('a value in reduce: its key and its index', async () => {
  const report = await reportOf(misbehave('fails in reduce'));
  const { place } = placeIn('misbehaves', "new Error('this value cannot be reduced')");
  expect(report.slice(0, 3)).toEqual(['key 15, value 1', '  Error: this value cannot be reduced', place]);
});

test.concurrent('an attempt that fails once is made good', async () => {
  const { run, out } = misbehave('fails once');
  const { code, stderr } = await run.ended;
  expect(code, stderr).toBe(0);
  expect(await run.status()).toMatchObject({ state: 'succeeded', stages: [{ failed: 1 }, { failed: 0 }] });
  expect([...partsOf(out).values()].join('')).toContain('10\tfails once\n');
  expect(cluster.gates.timesBegun('map')).toEqual({ 'map-1': 2 });
});

test.concurrent('an executor that is killed is replaced', async () => {
  const { run, out } = misbehave('is killed once');
  const { code, stderr } = await run.ended;
  expect(code, stderr).toBe(0);
  expect([...partsOf(out).values()].join('')).toContain('14\tis killed once\n');
});

test.concurrent('as many attempts as the job asks for, also when they fail alike', async () => {
  const input = inputWith('fails');
  const out = cluster.output('stubborn');
  const run = cluster.submitUngated('stubborn', { in: input, out });
  const report = await reportOf({ run, out });
  expect(report[2]).toBe('  Error: the same each time');
  expect(await run.status()).toMatchObject({ stages: [{ failed: 3 }] });
});

test.concurrent('what a job prints is found by its logs', async () => {
  const { run } = misbehave('prints');
  expect((await run.ended).code).toBe(0);
  const { code, stdout } = await cluster.command('logs', await run.job()).ended;
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^==== stage 0, task 1, attempt 1\.\d+ on w/);
  // Standard output and standard error are two pipes, and their lines come in any order.
  expect(lines).toEqual(expect.arrayContaining(['printed by console.log', 'printed by console.error']));
  const logged = lines.find(line => line.startsWith('{')) ?? '{}';
  expect(JSON.parse(logged)).toMatchObject({ level: 'info', msg: 'logged by log.info', line: 'prints' });
});
