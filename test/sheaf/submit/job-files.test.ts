// Files that a job ships: found beside the job file, refused before anything runs, and found by their names in tasks.

import { join } from 'node:path';
import { openJob } from '@sheaf/job/open';
import { UsageError } from '@sheaf/protocol';
import { defineJob, from, mapReduce, to } from 'sheaf';
import { expect, test } from 'vitest';
import { findJobFiles } from '../../../packages/sheaf/src/submit/job-files.ts';
import { UserFolder } from '../cli/sheaf-process.ts';
import { jobFolder } from './job-folder.ts';

const member = (files: unknown) => () =>
  defineJob({ name: 'x', files: files as never, plan: ({ read }) => read(from.text('in')).write(to.text('out')) });

test('names and paths are checked when the job is made', () => {
  expect(openJob(member({ 'a.txt': './a.txt' })()).files).toEqual({ 'a.txt': './a.txt' });
  const refused: readonly (readonly [unknown, string])[] = [
    [['a.txt'], 'files must be an object of names and paths'],
    [{ 'a/b': 'a' }, "files: 'a/b' is no plain file name"],
    [{ '..': 'a' }, "files: '..' is no plain file name"],
    [{ a: '' }, "files: the path of 'a' must be a non-empty string"],
    [Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`f${i}`, 'a'])), 'it has 101 files, more than 100'],
  ];
  for (const [files, message] of refused) expect(member(files)).toThrow(message);
  expect(() => mapReduce({ name: 'x', files: { '': 'a' }, input: from.text('a'), map: line => [[line, 1]], output: to.text('o') })).toThrow(
    "files: '' is no plain file name",
  );
});

test('paths are relative to the job file; what is not there, or no file, is a usage error', async () => {
  const folder = await jobFolder({ 'jobs/job.ts': '', 'jobs/data/geo.txt': 'geo', 'b.txt': 'geo' });
  const jobFile = join(folder.path, 'jobs/job.ts');
  const found = await findJobFiles({ geo: 'data/geo.txt', 'b.txt': '../b.txt' }, jobFile);
  expect(found.map(({ name, path, bytes }) => ({ name, path, bytes }))).toEqual([
    { name: 'geo', path: join(folder.path, 'jobs/data/geo.txt'), bytes: 3 },
    { name: 'b.txt', path: join(folder.path, 'b.txt'), bytes: 3 },
  ]);
  expect(new Set(found.map(({ sha256 }) => sha256)).size).toBe(1);
  await expect(findJobFiles({ geo: 'geo.txt' }, jobFile)).rejects.toThrow(UsageError);
  await expect(findJobFiles({ geo: 'geo.txt' }, jobFile)).rejects.toThrow("jobs/geo.txt, which the job ships as 'geo'.");
  await expect(findJobFiles({ geo: 'data' }, jobFile)).rejects.toThrow('is no file: name each file of a folder');
});

test('the command line ships them, to a job with setup too; a name that is none is an error of the job', async () => {
  const folder = new UserFolder();
  try {
    folder.write('in.txt', 'a\n');
    folder.write('data/geo.txt', 'here');
    folder.write(
      'job.ts',
      `import { readFileSync } from 'node:fs';
import { from, mapReduce, to } from 'sheaf';
export default mapReduce({
  name: 'geo',
  files: { 'geo.txt': './data/geo.txt' },
  setup: ({ file }) => ({ geo: readFileSync(file('geo.txt'), 'utf8') }),
  input: from.text('in.txt'),
  map: (line, { state, file }) => [line === 'b' ? file('other') : state.geo],
  output: to.text('out'),
});
`,
    );
    for (const options of [['--inline'], ['--workers', '1']]) {
      const { code, stderr } = await folder.run('run', 'job.ts', '--overwrite', ...options);
      expect(code, stderr).toBe(0);
      expect(Object.values(folder.parts('out')).join('')).toBe('here\n');
    }
    folder.write('in.txt', 'b\n');
    const unknown = await folder.run('run', 'job.ts', '--overwrite', '--inline');
    expect(unknown.stderr).toContain("TypeError: file: the job ships no 'other', but geo.txt");
    folder.write('in.txt', 'a\n');
    folder.write(
      'job.ts',
      `import { defineJob, from } from 'sheaf';\nexport default defineJob({ name: 'x', files: { geo: 'gone.txt' }, plan: ({ read }) => ({ n: read(from.text('in.txt')).count() }) });\n`,
    );
    const missing = await folder.run('run', 'job.ts');
    expect([missing.code, missing.stderr]).toEqual([
      2,
      `error: files: there is no ${join(folder.path, 'gone.txt')}, which the job ships as 'geo'.\n`,
    ]);
  } finally {
    folder.remove();
  }
});
