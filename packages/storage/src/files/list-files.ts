// From the paths of a source to its files: a listing is sorted by the UTF-8 bytes of the absolute path and has no path twice,
// so that splits, task numbers and the order of records depend on nothing but names and sizes.
// Rules: a path that exists is taken as it is, before it is read as a pattern; a folder, named or matched, means all files
// under it; names that start with `_` or `.` are left out unless named themselves; links are followed, cycles are not.

import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { limits, UsageError } from '@sheaf/protocol';
import type { ListedFile } from '@sheaf/protocol/graph';
import { hasGlob, isHidden, parseGlob, type Segment } from './glob.ts';
import { compareUtf8 } from './utf8-order.ts';

/** Lists what `paths` stand for. Throws UsageError for a path that matches nothing, and for what cannot be listed. */
export async function listFiles(paths: readonly string[], options: { readonly cwd: string }): Promise<ListedFile[]> {
  if (paths.length === 0) throw new UsageError('an input names no path');
  const listing = new Listing();
  for (const path of paths) await listing.add(path, options.cwd);
  return [...listing.files.values()].sort((a, b) => compareUtf8(a.path, b.path));
}

/** A folder on the way down: its real paths up to the root of the walk guard against cycles of links. */
interface Folder {
  readonly path: string;
  readonly real: string;
  readonly above: Folder | null;
}

class Listing {
  readonly files: Map<string, ListedFile> = new Map();
  private readonly gate = new Gate(limits.listingRequestsMax);
  private found = 0;
  private leftOut = 0;
  private folders = 0;

  async add(path: string, cwd: string): Promise<void> {
    const absolute = resolve(cwd, plainPath(path));
    this.found = 0;
    this.leftOut = 0;
    this.folders = 0;
    const literal = await this.kindOf(absolute, path);
    if (literal === 'other') throw new UsageError(`${path}: is neither a file nor a folder (${absolute})`);
    if (literal !== null) {
      await this.take(absolute, null, path);
      if (this.found > 0) return;
      throw new UsageError(`${path}: the folder ${absolute} holds no files${this.leftOutText()}`);
    }
    if (!hasGlob(path)) throw new UsageError(`${path}: no such file or folder (looked for ${absolute})`);
    // Only the path as it was written is a pattern; brackets in the working directory are none.
    for (const segments of parseGlob(plainPath(path))) await this.matchFrom(isAbsolute(path) ? '/' : cwd, segments, path);
    if (this.found === 0) throw new UsageError(`${path}: no file matches (looked for ${absolute})${this.leftOutText()}`);
  }

  /** Goes to the folder that the leading plain names of a pattern lead to, and matches the rest from there. */
  private async matchFrom(start: string, segments: readonly Segment[], named: string): Promise<void> {
    let base = resolve(start);
    let first = 0;
    for (let segment = segments[0]; segment?.type === 'name'; segment = segments[++first]) base = resolve(base, segment.name);
    if (first === segments.length) return this.take(base, null, named);
    const folder = await this.enter(null, base);
    if (folder !== null) await this.match(folder, segments.slice(first));
  }

  private async match(folder: Folder, segments: readonly Segment[]): Promise<void> {
    const [segment, ...rest] = segments;
    if (segment === undefined) return;
    if (segment.type === 'name') return this.descend(folder, segment.name, rest);
    const entries = await this.read(folder.path);
    if (segment.type === 'folders') {
      await Promise.all([this.match(folder, rest), ...entries.map(entry => this.matchBelow(folder, entry, segments))]);
      return;
    }
    const literal = entries.find(entry => entry.name === segment.source);
    const matching = literal === undefined ? entries.filter(entry => this.fits(segment, entry.name)) : [literal];
    await Promise.all(matching.map(entry => this.descend(folder, entry.name, rest)));
  }

  /** A name of the pattern, or one that fitted: the last one is taken, another is a folder to go into. */
  private async descend(folder: Folder, name: string, rest: readonly Segment[]): Promise<void> {
    const path = join(folder.path, name);
    if (rest.length === 0) return this.take(path, folder, path);
    const below = await this.enter(folder, path);
    if (below !== null) await this.match(below, rest);
  }

  /** `**` goes down one folder more, with the same segments. */
  private async matchBelow(folder: Folder, entry: Dirent, segments: readonly Segment[]): Promise<void> {
    if (!entry.isDirectory() && !entry.isSymbolicLink()) return;
    if (isHidden(entry.name)) {
      this.leftOut++;
      return;
    }
    const below = await this.enter(folder, join(folder.path, entry.name));
    if (below !== null) await this.match(below, segments);
  }

  private fits(segment: Extract<Segment, { type: 'match' }>, name: string): boolean {
    if (segment.matches(name)) return true;
    if (isHidden(name)) this.leftOut++;
    return false;
  }

  /** A file is listed; a folder with all that is under it. */
  private async take(path: string, above: Folder | null, named: string): Promise<void> {
    const stats = await this.gate.run(() => stat(path)).catch(error => unreadable(error, named));
    if (stats === null) return;
    if (stats.isFile()) {
      this.found++;
      const packed = /\.gz$/i.test(path) ? 'gzip' : null;
      this.files.set(path, { path, size: stats.size, modifiedMs: Math.floor(stats.mtimeMs), packed });
      if (this.files.size > limits.filesPerJobMax) throw new UsageError(`${named}: more than ${limits.filesPerJobMax} files`);
      return;
    }
    if (!stats.isDirectory()) return;
    const folder = await this.enter(above, path);
    if (folder === null) return;
    const entries = await this.read(path);
    await Promise.all(
      entries.map(async entry => {
        if (isHidden(entry.name)) this.leftOut++;
        else if (entry.isFile() || entry.isDirectory() || entry.isSymbolicLink()) await this.take(join(path, entry.name), folder, named);
      }),
    );
  }

  /** null when the path is no folder, or one that the walk is already inside of. */
  private async enter(above: Folder | null, path: string): Promise<Folder | null> {
    const kind = await this.kindOf(path, path);
    if (kind !== 'folder') return null;
    const real = await this.gate.run(() => realpath(path));
    for (let folder = above; folder !== null; folder = folder.above) {
      if (folder.real === real) return null;
    }
    if (++this.folders > limits.filesPerJobMax) throw new UsageError(`${path}: more than ${limits.filesPerJobMax} folders`);
    return { path, real, above };
  }

  private async read(folder: string): Promise<Dirent[]> {
    return this.gate.run(() => readdir(folder, { withFileTypes: true })).catch(error => unreadable(error, folder) ?? []);
  }

  private async kindOf(path: string, named: string): Promise<'file' | 'folder' | 'other' | null> {
    const stats = await this.gate.run(() => stat(path)).catch(error => unreadable(error, named));
    if (stats === null) return null;
    if (stats.isFile()) return 'file';
    return stats.isDirectory() ? 'folder' : 'other';
  }

  private leftOutText(): string {
    return this.leftOut === 0 ? '' : `; ${this.leftOut} names that start with _ or . were left out`;
  }
}

/** What is gone is null (also a link that leads nowhere); what cannot be looked at is the user's to mend. */
function unreadable(error: NodeJS.ErrnoException, path: string): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ENAMETOOLONG') return null;
  if (error.code === 'ELOOP') throw new UsageError(`${path}: its symbolic links lead in a circle`, { cause: error });
  throw new UsageError(`${path}: cannot be listed: ${error.message}`, { cause: error });
}

function plainPath(path: string): string {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(path)?.[1]?.toLowerCase();
  if (scheme === undefined) return path;
  if (scheme === 'file') return fileURLToPath(path);
  throw new UsageError(`${path}: ${scheme}: is no storage that Sheaf can read; a path or a file: address is`);
}

function join(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

/** At most `limit` requests at once; the others wait, the latest goes first (no queue is moved). */
class Gate {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.free = limit;
  }

  async run<T>(request: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>(admit => this.waiting.push(admit));
    try {
      return await request();
    } finally {
      const next = this.waiting.pop();
      if (next === undefined) this.free++;
      else next();
    }
  }
}
