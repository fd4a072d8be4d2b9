// How Sheaf's own sources become JavaScript: the same options for the bundle of a clone and for the published package.
// Kernels are made from their functions' source text, so nothing may be renamed or wrapped: no minify, no keepNames.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = path => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** What a process may start with, by the name of its file in the bundle. */
const entryFiles = {
  /** The command line; coordinator and worker are commands of it. */
  cli: source('sheaf/src/cli/main.ts'),
  /** The child process that runs tasks; reads nothing of the command line. */
  executor: source('worker/src/executor/main.ts'),
  /** The door: what `import … from 'sheaf'` gives a job file. */
  index: source('sheaf/src/index.ts'),
};

/** The entries whose sources exist. */
export function entryPoints() {
  return Object.fromEntries(Object.entries(entryFiles).filter(([, path]) => existsSync(path)));
}

/** Packages with native parts; everything else is bundled. The last three are optional wherever they are asked for. */
const external = ['esbuild', '@photostructure/sqlite', 'bufferutil', 'utf-8-validate', 'msgpackr-extract'];

/** CommonJS packages inside an ES module still call `require` for Node's own modules. */
const requireBanner =
  "import { createRequire as sheafCreateRequire } from 'node:module'; const require = sheafCreateRequire(import.meta.url);";

export const bundleOptions = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  splitting: true,
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunk-[hash]',
  sourcemap: 'linked',
  sourcesContent: false,
  external,
  banner: { js: requireBanner },
  logLevel: 'silent',
};
