// A job file → one ES module that holds everything the job needs: its imports, JSON, the part of Sheaf it uses, and the code
// that plans it. The module is opaque to the coordinator and is named by its hash everywhere.
// What must stay true: functions keep their source text (no minify, no keepNames: the graph holds hashes of it), nothing in
// the module refers to this machine's files, and the same inputs give the same bytes.

import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { limits, UsageError } from '@sheaf/protocol';
import type { BuildResult, Metafile, OutputFile, Plugin } from 'esbuild';
import { BundleCache, defaultCacheFolder } from './bundle-cache.ts';
import { buildErrorText, shownPath } from './bundle-errors.ts';
import { watchedFiles } from './bundle-inputs.ts';
import { type Bundling, type Resolutions, sheafPlugin, virtualEntry } from './bundle-plugin.ts';
import { sourceMapOf } from './bundle-source-map.ts';
import type { JobBundle } from './job-bundle.ts';
import { ownMapOf } from './own-mappings.ts';
import { findSheafDoors, type SheafDoors } from './sheaf-doors.ts';
import { englishOnly, mayNameLocales } from './zod-locales.ts';
import { zodAsNamespace } from './zod-namespace.ts';

export interface BundleOptions {
  /** The name of a job that the file makes. Default: the job it exports by default. */
  readonly job?: string;
  /** Where bundles are kept between runs. Default: `sheaf` in XDG_CACHE_HOME or ~/.cache. null: nowhere. */
  readonly cacheFolder?: string | null;
  /** Sheaf's own modules. Default: those of the Sheaf that runs. */
  readonly doors?: SheafDoors;
}

/** Bundles a job file. Throws UsageError, with file, line and the line's text, for whatever is wrong with it. */
export async function bundleJob(file: string, options: BundleOptions = {}): Promise<JobBundle> {
  const path = await jobFileOf(file);
  const doors = options.doors ?? findSheafDoors();
  const folder = options.cacheFolder === undefined ? defaultCacheFolder() : options.cacheFolder;
  const job = options.job ?? null;
  const cache = folder === null ? null : new BundleCache(folder, { path, job, doors });
  const name = basename(path, extname(path));
  const kept = await cache?.read();
  if (kept !== undefined && kept !== null) return { name, file: path, ...kept, cached: true };
  const startMs = Date.now();
  const built = await build({ path, job, doors, resolutions: { absent: new Set() } });
  const bundle: JobBundle = { name, file: path, ...built.bundle, cached: false };
  await cache?.write(bundle, await watchedFiles({ ...built, path, changedAfterMs: startMs }));
  return bundle;
}

/** The job file's real absolute path. */
async function jobFileOf(file: string): Promise<string> {
  const path = resolve(file);
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory()) throw new UsageError(`${file} is a folder: name the job file in it, such as ${join(file, 'job.ts')}.`);
  if (found === null) {
    const meant = await firstExisting(['.ts', '.mts', '.js', '.mjs'].map(ending => file + ending));
    throw new UsageError(`there is no job file ${file}.${meant === null ? '' : ` Did you mean ${meant}?`}`);
  }
  if (!found.isFile()) throw new UsageError(`${file} is not a file.`);
  if (['.cjs', '.cts'].includes(extname(path))) throw new UsageError(commonJsText(file));
  return realpath(path);
}

async function firstExisting(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) if ((await stat(path).catch(() => null))?.isFile()) return path;
  return null;
}

interface Built {
  readonly bundle: Pick<JobBundle, 'code' | 'sourceMap' | 'ownMap' | 'sha256' | 'sourceMapSha256'>;
  readonly metafile: Metafile;
  readonly resolutions: Resolutions;
}

async function build(bundling: Bundling): Promise<Built> {
  const { path, doors, resolutions } = bundling;
  const english = await runEsbuild(bundling, [englishOnly]);
  const isEnough = !(await mayNameLocales(english.metafile, dirname(path)));
  const { metafile, outputFiles } = isEnough ? english : await runEsbuild(bundling, []);
  const module = metafile.inputs[basename(path)];
  if (module?.format === 'cjs') throw new UsageError(commonJsText(shownPath(path)));
  const code = outputFiles.find(output => output.path.endsWith('.mjs'))?.contents;
  const map = outputFiles.find(output => output.path.endsWith('.map'))?.contents;
  if (code === undefined || map === undefined) throw new Error('esbuild gave no module or no source map');
  if (code.length > limits.bundleBytesMax) throw new UsageError(tooLargeText(path, code.length, metafile));
  const sourceMap = sourceMapOf(map, { path, doors, metafile });
  const hashes = { sha256: sha256(code), sourceMapSha256: sha256(sourceMap) };
  return { bundle: { code, sourceMap, ownMap: ownMapOf(sourceMap), ...hashes }, metafile, resolutions };
}

/** Job files have no file of their own to find things by: CommonJS packages get theirs from the module's place. */
const banner = [
  "import { createRequire as sheafCreateRequire } from 'node:module';",
  "import { fileURLToPath as sheafFileUrlToPath } from 'node:url';",
  'const require = sheafCreateRequire(import.meta.url);',
  'const sheafFilename = sheafFileUrlToPath(import.meta.url);',
  "const sheafDirname = sheafFileUrlToPath(new URL('.', import.meta.url));",
].join('\n');

type EsbuildResult = BuildResult & { readonly metafile: Metafile; readonly outputFiles: OutputFile[] };
let running = 0;

/** esbuild is loaded only here, so that a cached bundle does not wait for it; its service process ends with the last build. */
async function runEsbuild(bundling: Bundling, plugins: readonly Plugin[]): Promise<EsbuildResult> {
  const { path } = bundling;
  const esbuild = await import('esbuild');
  running++;
  try {
    return await esbuild.build({
      entryPoints: [virtualEntry],
      absWorkingDir: dirname(path),
      outfile: join(dirname(path), 'job.mjs'),
      write: false,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      charset: 'utf8',
      sourcemap: 'external',
      sourcesContent: false,
      metafile: true,
      logLevel: 'silent',
      banner: { js: banner },
      define: { __filename: 'sheafFilename', __dirname: 'sheafDirname' },
      plugins: [sheafPlugin(bundling), zodAsNamespace, ...plugins],
    });
  } catch (error) {
    const text = buildErrorText(error, path);
    if (text === null) throw error;
    throw new UsageError(text, { cause: error });
  } finally {
    running--;
    if (running === 0) await esbuild.stop();
  }
}

function commonJsText(file: string): string {
  return `${file} is a CommonJS module: a job file is an ES module. Write \`import\` for require() and \`export default\` for module.exports.`;
}

function tooLargeText(path: string, bytes: number, metafile: Metafile): string {
  const parts = Object.values(metafile.outputs).flatMap(output => Object.entries(output.inputs));
  const largest = parts.sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput).slice(0, 5);
  const lines = largest.map(([input, { bytesInOutput }]) => `\n  ${megabytes(bytesInOutput)} ${input}`);
  const head = `${shownPath(path)}: the job and its imports are ${megabytes(bytes)}, more than the ${megabytes(limits.bundleBytesMax)} a bundle may have.`;
  return `${head} The largest files in it:${lines.join('')}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MB`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
