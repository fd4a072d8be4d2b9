// What a bundle depends on: the files in it, and those that decide how its imports are found (package.json, tsconfig.json,
// also ones that are not there but would count if they were).

import { createHash } from 'node:crypto';
import { type Stats, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { Metafile } from 'esbuild';
import { entryNamespace, foldersUpFrom, type Resolutions } from './bundle-plugin.ts';

/** A file and the hash of its contents; null: it is not there. */
export interface WatchedFile {
  readonly path: string;
  readonly sha256: string | null;
  /** Size and times when it was hashed; null: it had just been written, and a change in the same moment would not show in them. */
  readonly looks: string | null;
}

/** A file changes its times with its contents, but only as finely as its disk counts: two seconds, at the coarsest. */
const settledAfterMs = 2_000;

interface Bundled {
  readonly path: string;
  readonly metafile: Metafile;
  readonly resolutions: Resolutions;
  /** When the build started. */
  readonly changedAfterMs: number;
}

/**
 * All files a bundle depends on, with their hashes; null when one of them changed while it was built, so that nobody knows
 * which contents are in it.
 */
export async function watchedFiles({ path, metafile, resolutions, changedAfterMs }: Bundled): Promise<readonly WatchedFile[] | null> {
  const folder = dirname(path);
  const modules = Object.keys(metafile.inputs).flatMap(name => (name.startsWith(`${entryNamespace}:`) ? [] : [join(folder, name)]));
  const paths = new Set([...modules, ...(await settingFiles(modules)), ...resolutions.absent]);
  const watched: WatchedFile[] = [];
  for (const file of paths) {
    // A file written in the millisecond in which the build started was not read before that millisecond was over.
    const stats = statsOf(file);
    if ((stats?.mtimeMs ?? 0) >= changedAfterMs + 1) return null;
    const looks = (stats?.ctimeMs ?? 0) + settledAfterMs < changedAfterMs ? looksOf(stats) : null;
    watched.push({ path: file, sha256: await hashOfFile(file), looks });
  }
  return watched;
}

/** Whether every file is still as it was. What looks the same, down to the time of its last change, is not read again. */
export async function areUnchanged(files: readonly WatchedFile[]): Promise<boolean> {
  const inDoubt = files.filter(({ path, looks }) => looks === null || looksOf(statsOf(path)) !== looks);
  const same = await Promise.all(inDoubt.map(async ({ path, sha256 }) => (await hashOfFile(path)) === sha256));
  return same.every(unchanged => unchanged);
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function looksOf(stats: Stats | undefined): string {
  return stats === undefined ? 'absent' : [stats.dev, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(' ');
}

async function hashOfFile(path: string): Promise<string | null> {
  const contents = await readFile(path).catch(() => null);
  return contents === null ? null : createHash('sha256').update(contents).digest('hex');
}

/** package.json and tsconfig.json of every folder of the user's own modules and above, and what those tsconfigs extend. */
async function settingFiles(modules: readonly string[]): Promise<ReadonlySet<string>> {
  const own = modules.filter(path => !path.includes(`${sep}node_modules${sep}`)).map(path => dirname(path));
  const files = new Set<string>();
  for (const folder of new Set(own.flatMap(foldersUpFrom))) {
    files.add(join(folder, 'package.json'));
    await addExtended(join(folder, 'tsconfig.json'), files);
  }
  return files;
}

async function addExtended(tsconfig: string, files: Set<string>): Promise<void> {
  if (files.has(tsconfig)) return;
  files.add(tsconfig);
  const text = await readFile(tsconfig, 'utf8').catch(() => '');
  const extended = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/.exec(text)?.[1] ?? '';
  for (const [, relative] of extended.matchAll(/"(\.[^"]*)"/g)) {
    const path = join(dirname(tsconfig), relative ?? '');
    await addExtended(path.endsWith('.json') ? path : `${path}.json`, files);
  }
}
