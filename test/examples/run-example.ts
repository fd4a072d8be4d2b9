// Runs an example as its reader does: its input is made, the command line runs its job on a simulated cluster, its own check looks
// at the output. The same job in one process must write the same bytes.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Params {
  readonly [name: string]: string;
}

interface Status {
  readonly stages: readonly object[];
  readonly answers?: object;
}

export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sheaf-example-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs an example's job; rejects when the exit code is not 0. Gives the last status. */
export async function runJob(name: string, params: Params, options: readonly string[]): Promise<Status> {
  const given = Object.entries(params).flatMap(([param, value]) => ['-p', `${param}=${value}`]);
  const job = join(root, 'examples', name, 'job.ts');
  const command = [join(root, 'packages/sheaf/bin/sheaf.mjs'), 'run', job, '--json', ...given, ...options];
  const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 1 << 26 });
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
}

/** Runs the job on a simulated cluster and in one process, and compares all parts. Gives the status of the former. */
export async function runBothWays(name: string, params: Params & { readonly out: string }): Promise<Status> {
  const inline = `${params.out}-inline`;
  const status = await runJob(name, params, ['--workers', '2', '--slots', '1']);
  await runJob(name, { ...params, out: inline }, ['--inline']);
  expect(partsOf(inline)).toEqual(partsOf(params.out));
  return status;
}

interface Example {
  /** Of which folder. */
  readonly name: string;
  /** What its check says, in part. */
  readonly says: string | RegExp;
  /** How many records are made, for those that can be told. */
  readonly size?: number;
}

/** One test for each example: run both ways and checked. */
export function testExamples(examples: readonly Example[]): void {
  for (const { name, says, size } of examples) {
    test(name, async () => {
      const { makeInput } = await import(join(root, 'examples', name, 'input.ts'));
      const { check } = await import(join(root, 'examples', name, 'check.ts'));
      const folder = temporaryFolder();
      const params = { ...makeInput(folder, size), out: join(folder, 'out') };
      await runBothWays(name, params);
      expect(check(params)).toMatch(says);
    });
  }
}

/** All parts of an output, also those in folders, and nothing else of it. */
function partsOf(folder: string): { readonly [part: string]: string } {
  const names = readdirSync(folder, { recursive: true }).map(String).sort();
  const parts = names.filter(name => /(^|\/)part-[^/]*$/.test(name));
  return Object.fromEntries(parts.map(name => [name, readFileSync(join(folder, name), 'latin1')]));
}
