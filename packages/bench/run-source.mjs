// Runs a TypeScript program of this package in this process, without a build: it becomes one module that is gone again as soon
// as it is loaded.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * Calls `main({ cli, root, package, arguments })` of a module below `src`, and ends with the exit code it gives.
 * `cli` is the file of the command `sheaf`.
 */
export async function runSource(source) {
  process.setSourceMapsEnabled(true);
  const here = fileURLToPath(new URL('.', import.meta.url));
  const cli = fileURLToPath(new URL('../sheaf/bin/sheaf.mjs', import.meta.url));
  // On a fresh clone this makes Sheaf's bundle, once for all the processes that are to come.
  execFileSync(process.execPath, [cli, '--version']);
  const { main } = await load(join(here, 'src', source));
  process.exitCode = await main({ cli, root: join(here, '../..'), package: here, arguments: process.argv.slice(2) });
}

async function load(entryPoint) {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-source-'));
  try {
    const outfile = join(folder, 'main.mjs');
    await build({
      entryPoints: [entryPoint],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: 'inline',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
