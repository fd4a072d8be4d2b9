// Programs that call `run`, as processes of their own: a job in the program's own file, also on workers, which load the file no
// further than its first run; and a program in TypeScript, by a runner of somebody else's.

import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensureBundle } from '../../../packages/sheaf/build/ensure-bundle.mjs';
import { UserFolder } from '../cli/sheaf-process.ts';

const require = createRequire(import.meta.url);

const program = `
import { defineJob, from, run } from 'sheaf';
const notes = [];
export const job = defineJob({
  name: 'words',
  plan({ read }) {
    const words = read(from.text('in').words());
    return { total: words.count(), long: words.filter(word => word.length > limit).collect() };
  },
});
const limit = 2;
const [mode] = process.argv.slice(2);
const options = mode === 'inline' ? { inline: true } : { workers: 1 };
const first = await run(job, {}, options);
notes.push('after the first');
const { answers } = await run(job, {}, options);
const late = defineJob({ name: 'late', plan: ({ read }) => ({ n: read(from.text('in')).count() }) });
const ended = await run(late, {}, options).then(({ answers }) => answers.n, error => error.name + ': ' + error.message);
console.log(JSON.stringify({ first: first.answers, answers, notes, ended }));
`;

async function userFolder(): Promise<UserFolder> {
  const folder = new UserFolder();
  const { index } = await ensureBundle();
  const sheaf = join(folder.path, 'node_modules/sheaf');
  mkdirSync(sheaf, { recursive: true });
  writeFileSync(join(sheaf, 'package.json'), JSON.stringify({ name: 'sheaf', type: 'module', exports: './index.mjs' }));
  writeFileSync(join(sheaf, 'index.mjs'), `export * from ${JSON.stringify(index)};`);
  folder.write('in/a.txt', 'a rose is a rose\n');
  folder.write('in/b.txt', 'is it a rose\n');
  return folder;
}

const answers = { total: 9, long: ['rose', 'rose', 'rose'] };

test('the job of a program in one file runs inline and on workers, and the program goes on once', async () => {
  const folder = await userFolder();
  try {
    folder.write('program.mjs', program);
    for (const mode of ['inline', 'workers']) {
      const { code, stdout, stderr } = await folder.startNode('program.mjs', mode).ended;
      expect(code, stderr).toBe(0);
      const told = JSON.parse(stdout);
      expect(told).toMatchObject({ first: answers, answers, notes: ['after the first'] });
      if (mode === 'inline') expect(told.ended).toBe(2);
      else expect(told.ended).toMatch(/^UsageError: .*job 'late' is not made when its file is loaded.*before anything there calls run/);
    }
    expect(folder.names()).toEqual(['.cache', 'in', 'node_modules', 'program.mjs']);
    expect(await folder.leftovers()).toEqual([]);
  } finally {
    folder.remove();
  }
});

test('a program in TypeScript runs a job of another file, and a file that calls run is no job file', async () => {
  const folder = await userFolder();
  try {
    folder.write('job.ts', program.slice(0, program.indexOf('const [mode]')).replace('const notes = [];', 'const notes: string[] = [];'));
    folder.write(
      'program.ts',
      `import { run } from 'sheaf';
import { job } from './job.ts';
const { answers } = await run(job, {}, { workers: 1 });
const total: number = answers.total;
console.log(JSON.stringify({ total, long: answers.long }));`,
    );
    const jiti = join(require.resolve('jiti/package.json'), '../lib/jiti-cli.mjs');
    const { code, stdout, stderr } = await folder.startNode(jiti, 'program.ts').ended;
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toEqual(answers);
    const refused = await folder.run('run', 'program.ts', '--inline');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('run was called while this file was loaded as a job');
  } finally {
    folder.remove();
  }
});
