// Job files in folders where nothing is installed become modules that hold all they need.

import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import type { OpenedJob } from '@sheaf/job/open';
import { UsageError } from '@sheaf/protocol';
import { build } from 'esbuild';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { bundleJob } from '../../../packages/sheaf/src/submit/bundler.ts';
import type { JobBundle } from '../../../packages/sheaf/src/submit/job-bundle.ts';
import { loadJob } from '../../../packages/sheaf/src/submit/load-job.ts';
import { type JobFolder, jobFolder, jobText } from './job-folder.ts';

const bundleOf = (file: string): Promise<JobBundle> => bundleJob(file, { cacheFolder: null });

async function load(folder: JobFolder, file: string): Promise<OpenedJob> {
  return loadJob(await bundleOf(file), join(folder.path, 'loaded'));
}

/** What the job's map gives for a line. */
async function mapped(folder: JobFolder, file: string, line = 'line'): Promise<unknown> {
  const { functions } = (await load(folder, file)).compile({});
  return functions[0]?.(line, {});
}

async function refusal(file: string): Promise<string> {
  const error = await bundleOf(file).then(
    () => new Error('accepted'),
    error => error,
  );
  expect(error).toBeInstanceOf(UsageError);
  return error.message;
}

describe('a job file with nothing installed beside it', () => {
  const wordCount = `import { from, mapReduce, sum, to } from 'sheaf';
import { z } from 'zod';
export default mapReduce({
  name: 'word-count',
  params: z.object({ in: z.string(), out: z.string() }),
  input: p => from.text(p.in).words(),
  *map(word) { yield [word, 1]; },
  combine: sum,
  *reduce(word, counts) { let n = 0; for (const c of counts) n += c; yield { word, n }; },
  output: p => to.jsonl(p.out),
});
`;

  test('imports sheaf and zod; the same file is the same bytes', async () => {
    const folder = await jobFolder({ 'word-count.ts': wordCount });
    const file = join(folder.path, 'word-count.ts');
    const bundle = await bundleOf(file);
    expect(bundle).toMatchObject({ name: 'word-count', file, cached: false, sha256: (await bundleOf(file)).sha256 });
    const job = await loadJob(bundle, join(folder.path, 'loaded'));
    expect(job.name).toBe('word-count');
    const { graph } = job.compile(await job.validate({ in: 'a', out: 'b' }));
    expect(graph.edges[0]).toMatchObject({ shuffle: { combine: { type: 'built-in', name: 'sum' } } });
    await expect(job.validate({ in: 'a' })).rejects.toThrow(UsageError);
  });

  test('is the Sheaf that bundles, not one that is installed near', async () => {
    const folder = await jobFolder({
      'job.ts': jobText('line'),
      'node_modules/sheaf/package.json': '{ "name": "sheaf", "main": "index.js" }',
      'node_modules/sheaf/index.js': 'export const from = 1, mapReduce = 2, to = 3;',
    });
    expect(await mapped(folder, join(folder.path, 'job.ts'))).toEqual(['line']);
  });

  test('imports sheaf/raw, and nothing else below sheaf', async () => {
    const text = "import { rawJob } from 'sheaf/raw';\nexport default rawJob({ name: 'r', graph: {} as never, functions: [] });";
    const folder = await jobFolder({ 'raw.ts': text, 'deep.ts': "import 'sheaf/src/index.ts';" });
    expect((await load(folder, join(folder.path, 'raw.ts'))).name).toBe('r');
    expect(await refusal(join(folder.path, 'deep.ts'))).toContain(
      "There is no 'sheaf/src/index.ts': everything that a job file needs is in 'sheaf'",
    );
  });
});

test('of zod a bundle has the languages only when the job may ask for them', async () => {
  // Every zod of a process has one language.
  onTestFinished(() => void z.config(z.locales.en()));
  const head = "import { z } from 'zod';";
  const folder = await jobFolder({
    'job.ts': jobText('z.string().safeParse(1).error?.issues[0]?.message', head),
    'german.ts': jobText('(z.config(z.locales.de()), z.string().safeParse(1).error?.issues[0]?.message)', head),
  });
  const [english, german] = [await bundleOf(join(folder.path, 'job.ts')), await bundleOf(join(folder.path, 'german.ts'))];
  expect(english.code.length).toBeLessThan(0.75 * german.code.length);
  expect(await mapped(folder, join(folder.path, 'job.ts'))).toEqual(['Invalid input: expected string, received number']);
  expect(await mapped(folder, join(folder.path, 'german.ts'))).toEqual(['Ungültige Eingabe: erwartet string, erhalten Zahl']);
});

test('of zod a job has what it names; one that takes it as a whole has all of it', async () => {
  const head = "import { z } from 'zod';";
  const folder = await jobFolder({
    'job.ts': jobText('z.object({ n: z.number() }).parse({ n: 1 }).n', head),
    'whole.ts': jobText("((name: 'string' | 'xor') => typeof z[name])('xor')", head),
  });
  const [named, whole] = [await bundleOf(join(folder.path, 'job.ts')), await bundleOf(join(folder.path, 'whole.ts'))];
  expect(named.code.length).toBeLessThan(0.75 * whole.code.length);
  expect(await mapped(folder, join(folder.path, 'job.ts'))).toEqual([1]);
  expect(await mapped(folder, join(folder.path, 'whole.ts'))).toEqual(['function']);
});

test("zod is the job's own where there is one", async () => {
  const folder = await jobFolder({
    'job.ts': jobText('z', "import { z } from 'zod';"),
    'node_modules/zod/package.json': '{ "name": "zod", "type": "module", "main": "index.js" }',
    'node_modules/zod/index.js': "export const z = 'the zod of the job';",
  });
  expect(await mapped(folder, join(folder.path, 'job.ts'))).toEqual(['the zod of the job']);
});

test('helpers, JSON, packages of both kinds, paths of a tsconfig and top-level await work', async () => {
  const folder = await jobFolder({
    'job.ts': jobText(
      'helped(line), data.n, cjs.up(line), cjs.file, alias, awaited, __dirname, typeof require',
      `import { helped } from './helper.ts';
import data from './data.json';
import cjs from 'cjs';
import { alias } from '@lib/alias';
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const __dirname = 'my own';
const awaited = await Promise.resolve('awaited');`,
    ),
    'helper.ts': "export const helped = (line: string): string => 'helped '.concat(line);",
    'data.json': '{ "n": 7 }',
    'lib/alias.ts': "export const alias = 'by alias';",
    'tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }',
    'node_modules/cjs/package.json': '{ "name": "cjs", "main": "main.js" }',
    'node_modules/cjs/main.js':
      "const { sep } = require('path'); exports.up = text => text.toUpperCase() + sep; exports.file = typeof __filename + typeof __dirname;",
  });
  expect(await mapped(folder, join(folder.path, 'job.ts'))).toEqual([
    'helped line',
    7,
    'LINE/',
    'stringstring',
    'by alias',
    'awaited',
    'my own',
    'function',
  ]);
});

test('a job in JavaScript, and one that is a symbolic link, are bundled', async () => {
  const folder = await jobFolder({ 'job.mjs': jobText('helper').replace(': string', ''), 'helper.js': 'export default 1' });
  await folder.write({ 'job.mjs': jobText('helper', "import helper from './helper.js';").replace(': string', '') });
  await mkdir(join(folder.path, 'elsewhere'));
  await symlink('../job.mjs', join(folder.path, 'elsewhere/linked.mjs'));
  expect(await mapped(folder, join(folder.path, 'job.mjs'))).toEqual([1]);
  expect(await mapped(folder, join(folder.path, 'elsewhere/linked.mjs'))).toEqual([1]);
});

test('the source text of functions stays as it was written', async () => {
  const folder = await jobFolder({ 'job.js': jobText('line.split("ü"), 1_000').replace(': string', '') });
  const { functions } = (await load(folder, join(folder.path, 'job.js'))).compile({});
  expect(String(functions[0])).toBe('(line) => [line.split("ü"), 1e3]');
});

describe('the source map', () => {
  test("names the user's files by absolute paths, and has the rest on its ignore list", async () => {
    const folder = await jobFolder({
      'job.ts': jobText('helped, z', "import { z } from 'zod';\nimport { helped } from './lib/helper.ts';"),
    });
    await folder.write({ 'lib/helper.ts': "\nexport const helped = 'marked text';" });
    const bundle = await bundleOf(join(folder.path, 'job.ts'));
    const map = new TraceMap(new TextDecoder().decode(bundle.sourceMap));
    expect(map.sourcesContent).toBeUndefined();
    const ignored = new Set(map.ignoreList);
    expect(map.sources.filter((_, at) => !ignored.has(at)).sort()).toEqual([
      join(folder.path, 'job.ts'),
      join(folder.path, 'lib/helper.ts'),
    ]);
    const lines = new TextDecoder().decode(bundle.code).split('\n');
    const line = lines.findIndex(text => text.includes('marked text'));
    const place = originalPositionFor(map, { line: line + 1, column: lines[line]?.indexOf('"marked') ?? 0 });
    expect(place).toMatchObject({ source: join(folder.path, 'lib/helper.ts'), line: 2, column: 22 });
  });
});

describe('what is wrong with a job file is said with its place', () => {
  test('a syntax error: file, line, column, the line and a mark', async () => {
    const folder = await jobFolder({ 'job.ts': "import { from } from 'sheaf';\n\tconst a = = 1;\nconst b = );\n" });
    const file = join(folder.path, 'job.ts');
    expect((await refusal(file)).split('\n')).toEqual([
      `${file} cannot be bundled.`,
      `${file}:2:12: Unexpected "="`,
      '  2 | \tconst a = = 1;',
      '    | \t          ^',
    ]);
  });

  test('in a helper too', async () => {
    const folder = await jobFolder({
      'job.ts': jobText('x', "import { x } from './lib/helper.ts';"),
      'lib/helper.ts': 'export const y = 1;',
    });
    expect(await refusal(join(folder.path, 'job.ts'))).toContain('job.ts:2:10: No matching export in "lib/helper.ts" for import "x"');
  });

  test('a package that is not installed, a file that is not there, a file of another kind', async () => {
    const folder = await jobFolder({
      'package.ts': "import { x } from '@scope/pack/deep';\nexport default x;",
      'file.ts': "import './gone.ts';",
      'kind.ts': "import './logo.svg';",
      'logo.svg': '<svg/>',
    });
    const text = await refusal(join(folder.path, 'package.ts'));
    expect(text).toContain(`package.ts:1:19: Could not resolve "@scope/pack/deep"`);
    expect(text).toContain('Install it beside the job file: npm install @scope/pack');
    expect(await refusal(join(folder.path, 'file.ts'))).toContain('Could not resolve "./gone.ts"');
    expect(await refusal(join(folder.path, 'kind.ts'))).toContain('A job can import TypeScript, JavaScript and JSON.');
  });

  test('a native addon', async () => {
    const folder = await jobFolder({ 'job.ts': jobText('addon', "import addon from './addon.node';"), 'addon.node': '\u007fELF' });
    expect(await refusal(join(folder.path, 'job.ts'))).toContain('job.ts:2:19: A native addon cannot travel with a job: ./addon.node');
  });

  test('CommonJS', async () => {
    const folder = await jobFolder({
      'job.js': "const { from } = require('sheaf');\nmodule.exports = from;",
      'job.cjs': 'module.exports = 1;',
    });
    for (const name of ['job.js', 'job.cjs']) {
      expect(await refusal(join(folder.path, name))).toContain(`${name} is a CommonJS module: a job file is an ES module.`);
    }
  });

  test('a file that is missing, or a folder', async () => {
    const folder = await jobFolder({ 'job.ts': '' });
    const path = join(folder.path, 'job');
    expect(await refusal(join(folder.path, 'gone.ts'))).toBe(`there is no job file ${join(folder.path, 'gone.ts')}.`);
    expect(await refusal(path)).toBe(`there is no job file ${path}. Did you mean ${path}.ts?`);
    expect(await refusal(folder.path)).toBe(`${folder.path} is a folder: name the job file in it, such as ${join(folder.path, 'job.ts')}.`);
  });

  test('a bundle that is too large, with the largest files in it', async () => {
    const folder = await jobFolder({ 'job.ts': jobText('large.length', "import large from './large.json';") });
    await writeFile(join(folder.path, 'large.json'), JSON.stringify('x'.repeat(70 * 1_048_576)));
    const text = await refusal(join(folder.path, 'job.ts'));
    expect(text).toMatch(/job\.ts: the job and its imports are 70\.\d MB, more than the 64\.0 MB a bundle may have\./);
    expect(text).toMatch(/\n {2}70\.\d MB large\.json\n/);
  });
});

/** Sheaf's bundler bundled itself, as the command is, with its doors beside it; and a program that runs jobs by it. */
async function bundledSheaf(folder: JobFolder): Promise<void> {
  const source = (path: string): string => fileURLToPath(new URL(`../../../packages/sheaf/src/${path}`, import.meta.url));
  const outdir = join(folder.path, 'sheaf');
  await build({
    entryPoints: ['submit/load-job.ts', 'submit/bundler.ts', 'in-job.ts', 'open.ts', 'raw.ts'].map(source),
    entryNames: '[name]',
    outdir,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    external: ['esbuild'],
  });
  const modules = dirname(dirname(createRequire(import.meta.url).resolve('esbuild/package.json')));
  await symlink(modules, join(outdir, 'node_modules'));
  await folder.write({
    'run.mjs': `import { bundleJob } from './sheaf/bundler.mjs';
import { loadJob } from './sheaf/load-job.mjs';
try {
  const job = await loadJob(await bundleJob(process.argv[2], { cacheFolder: null }), 'loaded');
  console.log(job.compile({}).functions[0]('a'));
} catch (error) {
  console.log(error.name, error.message);
}`,
  });
}

test('a Sheaf that is itself bundled finds its doors beside it, and the line of an error, whoever maps it', async () => {
  const head = "import { z } from 'zod';\nfunction paths(): never {\n  throw new Error('no day');\n}";
  const folder = await jobFolder({ 'job.ts': jobText('typeof z.string', "import { z } from 'zod';"), 'bad.ts': jobText('line') });
  await folder.write({ 'bad.ts': jobText('typeof z', head).replace("from.text('in')", '() => paths()') });
  await bundledSheaf(folder);
  const run = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(process.execPath, args, { cwd: folder.path })).stdout;
  expect(await run('run.mjs', 'job.ts')).toBe("[ 'function' ]\n");
  const refused = "UsageError bad.ts:4:9: job 'x': input threw Error: no day\n";
  expect(await run('run.mjs', 'bad.ts')).toBe(refused);
  expect(await run('--enable-source-maps', 'run.mjs', 'bad.ts')).toBe(refused);
});
