// Bundles of job files between runs, so that an unchanged job is not bundled again. One file an entry, named by a hash of
// what was asked for; in it a line of JSON (what the bundle depends on, sizes and hashes), then the module, then its map.
// The cache only ever helps: an entry that cannot be read, or is not what its hashes say, is no entry, and a folder that
// cannot be written is left alone.

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@sheaf/protocol';
import { areUnchanged, type WatchedFile } from './bundle-inputs.ts';
import type { JobBundle } from './job-bundle.ts';
import type { OwnMap } from './own-mappings.ts';
import type { SheafDoors } from './sheaf-doors.ts';
import { writeWholeFile } from './whole-file.ts';

/** Raised when the way of bundling changes, so that older entries are not taken. */
const cacheVersion = 5;

type Kept = Pick<JobBundle, 'code' | 'sourceMap' | 'ownMap' | 'sha256' | 'sourceMapSha256'>;

interface Header {
  readonly codeBytes: number;
  readonly sourceMapBytes: number;
  readonly sha256: string;
  readonly sourceMapSha256: string;
  readonly ownMap: OwnMap;
  readonly ownMapSha256: string;
  readonly files: readonly WatchedFile[];
}

/** `sheaf` in the user's cache folder. */
export function defaultCacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(base, 'sheaf');
}

export class BundleCache {
  private readonly folder: string;
  private readonly entry: string;

  constructor(folder: string, asked: { readonly path: string; readonly job: string | null; readonly doors: SheafDoors }) {
    const key = JSON.stringify([cacheVersion, asked.path, asked.job, asked.doors]);
    this.folder = join(folder, 'bundles');
    this.entry = join(this.folder, `${createHash('sha256').update(key).digest('hex').slice(0, 32)}.bundle`);
  }

  /** The bundle that was made before, if nothing it depends on has changed. */
  async read(): Promise<Kept | null> {
    try {
      const entry = parseEntry(await readFile(this.entry));
      if (entry === null || !(await areUnchanged(entry.files))) return null;
      const now = new Date();
      await utimes(this.entry, now, now).catch(() => undefined);
      return entry.kept;
    } catch {
      return null;
    }
  }

  /** Keeps a bundle; `files` is null when it must not be kept. */
  async write(bundle: JobBundle, files: readonly WatchedFile[] | null): Promise<void> {
    if (files === null) return;
    const { code, sourceMap, sha256, sourceMapSha256, ownMap } = bundle;
    const hashes = { sha256, sourceMapSha256, ownMapSha256: hashOfMap(ownMap) };
    const header: Header = { codeBytes: code.length, sourceMapBytes: sourceMap.length, ...hashes, ownMap, files };
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await writeWholeFile(this.entry, [new TextEncoder().encode(`${JSON.stringify(header)}\n`), code, sourceMap]);
      await this.removeOldest();
    } catch {
      // A read-only or full home folder costs time, not the job.
    }
  }

  private async removeOldest(): Promise<void> {
    const names = await readdir(this.folder);
    const entries = await Promise.all(
      names.map(async name => {
        const path = join(this.folder, name);
        return { path, usedMs: (await stat(path).catch(() => null))?.mtimeMs ?? 0 };
      }),
    );
    entries.sort((a, b) => b.usedMs - a.usedMs);
    for (const { path } of entries.slice(limits.bundlesCachedMax)) await rm(path, { force: true });
  }
}

function parseEntry(bytes: Uint8Array): { readonly kept: Kept; readonly files: readonly WatchedFile[] } | null {
  const lineEnd = bytes.indexOf(0x0a);
  if (lineEnd < 0) return null;
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(0, lineEnd))) as Header;
  const { sha256, sourceMapSha256, ownMap, codeBytes, files } = header;
  const code = bytes.subarray(lineEnd + 1, lineEnd + 1 + codeBytes);
  const sourceMap = bytes.subarray(lineEnd + 1 + codeBytes);
  if (sourceMap.length !== header.sourceMapBytes || hashOf(code) !== sha256 || hashOf(sourceMap) !== sourceMapSha256) return null;
  if (hashOfMap(ownMap) !== header.ownMapSha256) return null;
  return { kept: { code, sourceMap, ownMap, sha256, sourceMapSha256 }, files };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function hashOfMap(ownMap: OwnMap): string {
  return hashOf(new TextEncoder().encode(JSON.stringify(ownMap)));
}
