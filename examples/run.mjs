// Runs one example from beginning to end: makes its input in a folder of its own, runs its job with the command line, checks
// what it wrote, and removes the folder.
//
//   node examples/run.mjs word-count                    on a simulated cluster
//   node examples/run.mjs word-count --inline           in one process
//   node examples/run.mjs word-count --workers 3        any option of `sheaf run`
//   node examples/run.mjs csv-sum -p rows=1000000       an input of another size, where the example can make one

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const sheaf = fileURLToPath(new URL('../packages/sheaf/bin/sheaf.mjs', import.meta.url));
const names = readdirSync(here).filter(name => existsSync(join(here, name, 'job.ts')));

const [name, ...rest] = process.argv.slice(2);
/** `-p name=value` of the command line goes before what the input says; `rows` is for the input itself. */
const { rows, ...own } = Object.fromEntries(rest.flatMap((text, i) => (rest[i - 1] === '-p' ? [text.split('=')] : [])));
const options = rest.filter((text, i) => text !== '-p' && rest[i - 1] !== '-p');
if (!names.includes(name)) {
  console.error(`usage: node examples/run.mjs EXAMPLE [option of sheaf run]...\nexamples: ${names.join(', ')}`);
  process.exit(2);
}
process.setSourceMapsEnabled(true);
// Ctrl-C reaches the command line too, which ends in order; then the folder is removed.
process.on('SIGINT', () => {});
const folder = mkdtempSync(join(tmpdir(), 'sheaf-example-'));
try {
  process.exitCode = await runExample();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function runExample() {
  const { makeInput } = await load('input.ts');
  const { check } = await load('check.ts');
  const params = { ...makeInput(folder, rows === undefined ? undefined : Number(rows)), out: join(folder, 'out'), ...own };
  const given = Object.entries(params).flatMap(([param, value]) => ['-p', `${param}=${value}`]);
  const { status } = spawnSync(process.execPath, [sheaf, 'run', join(here, name, 'job.ts'), ...given, ...options], { stdio: 'inherit' });
  if (status !== 0) return status ?? 1;
  console.log(`checked: ${check(params)}`);
  return 0;
}

/** Node 20 reads no TypeScript by itself. */
async function load(file) {
  const outfile = join(folder, `${file}.mjs`);
  await build({ entryPoints: [join(here, name, file)], bundle: true, platform: 'node', format: 'esm', sourcemap: 'inline', outfile });
  return import(pathToFileURL(outfile).href);
}
