// The published package: installed from its tarball in an empty folder, it has types for a strict job file and runs a job.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url).pathname;
const execute = promisify(execFile);

const job = `
import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'word-count',
  params: z.object({ in: z.string(), out: z.string() }),
  input: p => from.text(p.in),
  *map(line) { for (const word of line.split(/\\s+/)) if (word) yield [word, 1]; },
  combine: (a, b) => a + b,
  *reduce(word, counts) { let n = 0; for (const c of counts) n += c; yield { word, n }; },
  output: p => to.jsonl(p.out),
});
`;

const program = `
import { JobError, run } from 'sheaf';
import job from './job.ts';

const { id, counters, answers } = await run(job, { in: 'books', out: 'run-counts' }, { workers: 1 });
const none: Record<never, never> = answers;
console.log(JSON.stringify({ words: counters['reduce.recordsOut'], id: typeof id, none }));
await run(job, { in: 'books', out: 'run-counts' }).catch((error: unknown) => console.log(error instanceof JobError, String(error)));
`;

let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-published-'));
  await execute(process.execPath, [join(root, 'packages/sheaf/build/publish.mjs')]);
  const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', folder, join(root, 'packages/sheaf/dist')]);
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await execute('npm', ['install', ...quiet, join(folder, filename)], { cwd: folder });
  writeFileSync(join(folder, 'job.ts'), job);
  writeFileSync(join(folder, 'program.ts'), program);
  mkdirSync(join(folder, 'books'));
  writeFileSync(join(folder, 'books/a.txt'), 'a rose is a rose\n');
  writeFileSync(join(folder, 'books/b.txt'), 'is it a rose\n');
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('it stands alone: nothing of the workspace, no code of others without its licence', () => {
  const installed = readdirSync(join(folder, 'node_modules')).filter(name => !name.startsWith('.'));
  expect(installed).not.toContain('@sheaf');
  const notices = readFileSync(join(folder, 'node_modules/sheaf/THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of ['commander', 'ws', 'zod', 'msgpackr', 'pino']) expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'));
});

test('a strict job file and a program that runs it have all their types', async () => {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    module: 'NodeNext',
    target: 'ES2023',
    noEmit: true,
    skipLibCheck: false,
    allowImportingTsExtensions: true,
    types: [],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['job.ts', 'program.ts'] }));
  const { stdout } = await execute(process.execPath, [join(root, 'node_modules/typescript7/bin/tsc'), '-p', folder]).catch(error => error);
  expect(stdout).toBe('');
});

test('it runs a word count', async () => {
  const { stdout } = await execute('npx', ['sheaf', 'run', 'job.ts', '-p', 'in=books', '-p', 'out=counts'], { cwd: folder });
  expect(stdout).toBe(`${join(folder, 'counts')}\n`);
  const parts = readdirSync(join(folder, 'counts')).filter(name => name.startsWith('part-'));
  const counts = parts.flatMap(part =>
    readFileSync(join(folder, 'counts', part), 'utf8')
      .split('\n')
      .filter(line => line !== ''),
  );
  expect(counts.sort()).toEqual(['{"word":"a","n":3}', '{"word":"is","n":2}', '{"word":"it","n":1}', '{"word":"rose","n":3}']);
});

test('a program runs the job, on a cluster of its own', async () => {
  const { stdout } = await execute(process.execPath, [join(root, 'node_modules/jiti/lib/jiti-cli.mjs'), 'program.ts'], { cwd: folder });
  const [first, second] = stdout.split('\n');
  expect(JSON.parse(first ?? '')).toEqual({ words: 4, id: 'string', none: {} });
  expect(second).toMatch(/^false UsageError: .*run-counts/);
});
