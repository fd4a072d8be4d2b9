// Every example, as its reader runs it: its input is made, the command line runs its job on a simulated cluster, its own check
// looks at the output. The same job in one process must write the same bytes.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import * as accessLogCheck from '../../examples/access-log-report/check.ts';
import * as accessLogInput from '../../examples/access-log-report/input.ts';
import * as csvSumCheck from '../../examples/csv-sum/check.ts';
import * as csvSumInput from '../../examples/csv-sum/input.ts';
import * as eachFileCheck from '../../examples/each-file/check.ts';
import * as eachFileInput from '../../examples/each-file/input.ts';
import * as invertedIndexCheck from '../../examples/inverted-index/check.ts';
import * as invertedIndexInput from '../../examples/inverted-index/input.ts';
import * as queueCheck from '../../examples/queue-of-items/check.ts';
import * as queueInput from '../../examples/queue-of-items/input.ts';
import * as wordCountCheck from '../../examples/word-count/check.ts';
import * as wordCountInput from '../../examples/word-count/input.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Params {
  readonly [name: string]: string;
}

function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sheaf-example-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs an example's job; rejects when the exit code is not 0. Gives the last status. */
async function runJob(name: string, params: Params, options: readonly string[]): Promise<{ readonly stages: readonly object[] }> {
  const given = Object.entries(params).flatMap(([param, value]) => ['-p', `${param}=${value}`]);
  const job = join(root, 'examples', name, 'job.ts');
  const command = [join(root, 'packages/sheaf/bin/sheaf.mjs'), 'run', job, '--json', ...given, ...options];
  const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 1 << 26 });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

/** Runs the job on a simulated cluster and in one process, and compares all parts. Gives the status of the former. */
async function runBothWays(name: string, params: Params & { readonly out: string }): ReturnType<typeof runJob> {
  const inline = `${params.out}-inline`;
  const status = await runJob(name, params, ['--workers', '2', '--slots', '1']);
  await runJob(name, { ...params, out: inline }, ['--inline']);
  expect(partsOf(inline)).toEqual(partsOf(params.out));
  return status;
}

function partsOf(folder: string): { readonly [part: string]: string } {
  const names = readdirSync(folder).filter(name => name.startsWith('part-'));
  return Object.fromEntries(names.map(name => [name, readFileSync(join(folder, name), 'latin1')]));
}

test('word-count', async () => {
  const folder = temporaryFolder();
  const params = { ...wordCountInput.makeInput(folder), out: join(folder, 'out') };
  await runBothWays('word-count', params);
  expect(wordCountCheck.check(params)).toContain('each counted right');
});

test('inverted-index', async () => {
  const folder = temporaryFolder();
  const params = { ...invertedIndexInput.makeInput(folder), out: join(folder, 'out') };
  await runBothWays('inverted-index', params);
  expect(invertedIndexCheck.check(params)).toContain('33 words');
});

test('csv-sum', async () => {
  const folder = temporaryFolder();
  const params = { ...csvSumInput.makeInput(folder, 30_000), out: join(folder, 'out') };
  await runBothWays('csv-sum', params);
  expect(csvSumCheck.check(params)).toContain('8 categories');
});

test('each-file', async () => {
  const folder = temporaryFolder();
  const params = { ...eachFileInput.makeInput(folder), out: join(folder, 'out') };
  await runBothWays('each-file', params);
  expect(eachFileCheck.check(params)).toContain('120 files');
});

test('access-log-report', async () => {
  const folder = temporaryFolder();
  const params = { ...accessLogInput.makeInput(folder), out: join(folder, 'out') };
  await runBothWays('access-log-report', params);
  expect(accessLogCheck.check(params)).toContain('7 days');
});

test('queue-of-items: the failing item is tried again, and the results are there once', async () => {
  const params = { ...queueInput.makeInput(), out: join(temporaryFolder(), 'out') };
  const { stages } = await runJob('queue-of-items', params, ['--workers', '2', '--slots', '1']);
  expect(stages[0]).toMatchObject({ total: 24, done: 24, failed: 1 });
  expect(queueCheck.check(params)).toContain('24 items');
});

test('queue-of-items: inline, the first error ends the run and names the item and the line of the job', async () => {
  const params = { ...queueInput.makeInput(), out: join(temporaryFolder(), 'out') };
  await expect(runJob('queue-of-items', params, ['--inline'])).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/item 7: the service did not answer[\s\S]*job\.ts:\d+/),
  });
  await runJob('queue-of-items', { ...params, flaky: '0' }, ['--inline']);
  expect(queueCheck.check(params)).toContain('24 items');
});
