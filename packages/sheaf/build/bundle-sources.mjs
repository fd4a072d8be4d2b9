// How Sheaf's own sources become JavaScript: the same way for the bundle of a clone and for the published package.
// Kernels are made from their functions' source text, so nothing may be renamed or wrapped: no minify, no keepNames.

import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const source = path => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What a process may start with, by the name of its file in the bundle. */
const programs = {
  /** The command line; coordinator and worker are commands of it. */
  cli: source('sheaf/src/cli/main.ts'),
  /** The same two as members of a simulated cluster, without the rest. */
  'coordinator-member': source('sheaf/src/cli/coordinator-member.ts'),
  'worker-member': source('sheaf/src/cli/worker-member.ts'),
  /** The child process that runs tasks; reads nothing of the command line. */
  executor: source('worker/src/executor/main.ts'),
};

/** What `run` of the door loads when it is called. */
const runner = { runner: source('sheaf/src/run/runner.ts') };

/** The door of a program; and what goes into the bundles of job files: their own door, how they are opened, graphs written by hand. */
const doors = {
  index: source('sheaf/src/index.ts'),
  'in-job': source('sheaf/src/in-job.ts'),
  open: source('sheaf/src/open.ts'),
  raw: source('sheaf/src/raw.ts'),
};

/** Packages with native parts; everything else is bundled. The last three are optional wherever they are asked for. */
const external = ['esbuild', '@photostructure/sqlite', 'lz4-napi', 'bufferutil', 'utf-8-validate', 'msgpackr-extract'];

/** CommonJS packages inside an ES module still call `require` for Node's own modules. */
const requireBanner =
  "import { createRequire as sheafCreateRequire } from 'node:module'; const require = sheafCreateRequire(import.meta.url);";

/** Sheaf speaks English to zod: the other languages would be a third of what every process has to parse at its start. */
const englishOnly = {
  name: 'english-only',
  setup(building) {
    building.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({ contents: "export { default as en } from './en.js';" }));
  },
};

/** The runner is of the other build, so that a door that only makes jobs brings nothing of it. */
const runnerApart = {
  name: 'runner-apart',
  setup(building) {
    building.onResolve({ filter: /\/runner\.ts$/ }, () => ({ path: './runner.mjs', external: true }));
  },
};

const options = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  splitting: true,
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunk-[hash]',
  sourcesContent: false,
  external,
  plugins: [englishOnly],
  metafile: true,
  absWorkingDir: root,
  logLevel: 'silent',
};

/** Programs are CommonJS in one piece each, as V8 gives no code cache for modules. Their own place is that of the launcher. */
const scriptOptions = {
  ...options,
  format: 'cjs',
  splitting: false,
  outExtension: { '.js': '.code.cjs' },
  define: {
    'import.meta.url': 'sheafModuleUrl',
    // Native helpers that are not there: each would be looked for in every folder above, whenever a process starts.
    'process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED': '"true"',
    'process.env.WS_NO_BUFFER_UTIL': '"true"',
    'process.env.WS_NO_UTF_8_VALIDATE': '"true"',
  },
};

/** Builds every program and door into `outdir`. Gives the paths, below the root, of all that went into them. */
export async function bundleSources({ outdir, sourcemap }) {
  const results = await Promise.all([
    build({ ...scriptOptions, outdir, sourcemap, entryPoints: existing(programs) }),
    build({ ...options, outdir, sourcemap, entryPoints: existing(runner), banner: { js: requireBanner } }),
    // The doors stay free of a banner, which would stand in every job's bundle, and of maps, by which a job's own map would
    // name sources of Sheaf that nobody could tell from the user's.
    build({ ...options, outdir, plugins: [englishOnly, runnerApart], entryPoints: existing(doors) }),
  ]);
  copyFileSync(fileURLToPath(new URL('launch.cjs', import.meta.url)), join(outdir, 'launch.cjs'));
  for (const name of Object.keys(existing(programs))) writeFileSync(join(outdir, `${name}.cjs`), launcher(outdir, name));
  return results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
}

/** Code out of a cache cannot import by itself, so the launcher does it for it. Gives the text of the file that a process starts with. */
function launcher(outdir, name) {
  const path = join(outdir, `${name}.code.cjs`);
  // In ASCII alone, as V8 takes twice the room and the time for a text with one other character; comments and patterns have some.
  const code = readFileSync(path, 'utf8')
    .replaceAll(/\bawait import\(/g, 'await sheafImport(')
    .replaceAll(/[\u0080-\uffff]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  writeFileSync(path, code);
  const build = createHash('sha256').update(code).digest('hex');
  return `#!/usr/bin/env node\nrequire('./launch.cjs')(__filename, '${build}');\n`;
}

function existing(entries) {
  return Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(path)));
}
