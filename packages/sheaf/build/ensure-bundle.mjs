// In a clone: the bundle of Sheaf's sources, made when it is needed and kept under node_modules/.cache/sheaf/HASH.
// A bundle appears under its name by one rename, so that it is whole or not there, however many processes make it at once;
// names are hashes of contents, so that a running process never sees its files change. Paths, sizes and times of the
// sources are compared first: their contents are read only when one of those changed.

import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const defaultCache = join(root, 'node_modules/.cache/sheaf');
/** A bundle that nobody asked for in this time is removed; a process may still load parts of a younger one. */
const unusedAfterMs = 3_600_000;

/**
 * Gives the paths of the bundle of the sources as they are now.
 * @returns {Promise<{ directory: string, cli: string, executor: string, index: string }>}
 */
export async function ensureBundle(cache = defaultCache) {
  const stampFile = join(cache, 'stamp.json');
  for (;;) {
    const sources = listSources();
    const stamp = readStamp(stampFile);
    if (stamp?.stats === sources.stats && existsSync(join(cache, stamp.hash))) return used(join(cache, stamp.hash));
    const hash = hashContents(sources.paths);
    const directory = join(cache, hash);
    if (!existsSync(directory)) await build(directory);
    // Sources that changed meanwhile would be in the bundle, but not in its name.
    if (listSources().stats !== sources.stats) continue;
    writeWhole(stampFile, JSON.stringify({ stats: sources.stats, hash }));
    return used(directory);
  }
}

/** All that a bundle depends on; `stats` changes whenever one of the files may have. */
function listSources() {
  const packages = join(root, 'packages');
  const own = ['bundle-sources.mjs', 'launch.cjs'].map(name => fileURLToPath(new URL(name, import.meta.url)));
  const paths = [join(root, 'package-lock.json'), ...own];
  for (const name of readdirSync(packages).sort()) listFolder(join(packages, name, 'src'), paths);
  const stats = createHash('sha1');
  for (const path of paths) {
    const { mtimeMs, size } = statSync(path, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: -1 };
    stats.update(`${path}\0${mtimeMs}\0${size}\n`);
  }
  return { paths, stats: stats.digest('hex') };
}

function listFolder(folder, paths) {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) listFolder(path, paths);
    else if (/\.(ts|json|html|css|js)$/.test(entry.name)) paths.push(path);
  }
}

function hashContents(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    hash.update(`${path.slice(root.length)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex').slice(0, 20);
}

async function build(directory) {
  const { bundleSources } = await import('./bundle-sources.mjs');
  const cache = dirname(directory);
  const building = join(cache, `.building-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    await bundleSources({ outdir: building, sourcemap: 'linked' });
    renameSync(building, directory);
  } catch (error) {
    // Another process was first: its bundle has the same contents.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  removeUnused(cache);
}

function removeUnused(cache) {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    const { mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (mtimeMs < Date.now() - unusedAfterMs) rmSync(path, { recursive: true, force: true });
  }
}

function used(directory) {
  const now = new Date();
  utimesSync(directory, now, now);
  return { directory, cli: join(directory, 'cli.cjs'), executor: join(directory, 'executor.cjs'), index: join(directory, 'index.mjs') };
}

function readStamp(stampFile) {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return null;
  }
}

function writeWhole(path, text) {
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}
