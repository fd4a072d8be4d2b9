// Commits an output folder on a file system: prepared before the first task, published after the last, by the coordinator.
// What must stay true: until the one rename in publish() no reader sees anything of the output, after it everything; each step
// may be done again after a crash at any point, with the same tokens, and goes on where the crash was (roll forward).
//
//   prepare ──▶ staging.json, parts/           workers write parts/ITASK-ATTEMPT.ext
//   publish ──▶ final/part-…  ──▶ final/_SUCCESS ──▶ [old output → old/] ──▶ rename final → output ──▶ staging removed
//   abort   ──▶ [old/ → output] ──▶ staging removed, parents that were made for it too

import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FailureError, isPartFolder, type JobId, type TaskIndex } from '@sheaf/protocol';
import { compareUtf8 } from '../files/utf8-order.ts';
import { checkOutput } from './check-folders.ts';
import { syncFolder, writeDurably } from './durable.ts';
import { failing, isMissing } from './file-error.ts';
import { makeFolders } from './make-folders.ts';
import { type ManifestPart, manifestName, partName, readManifest, writeManifest } from './manifest.ts';
import { extensionOf, isWithin, stagingFolder, stagingPaths } from './staging.ts';

export interface OutputFolder {
  /** Absolute path. */
  readonly folder: string;
  readonly job: JobId;
  /** The job's name, for the manifest. */
  readonly name: string;
  readonly overwrite: boolean;
  /** Called between the steps, by name; a test throws from it. */
  readonly afterStep?: (step: string) => void;
}

/** What workers must be told of a prepared output. */
export interface Staging {
  readonly path: string;
  /** A file that every worker reads before its first task: who cannot does not share the storage. */
  readonly nonce: { readonly path: string; readonly text: string };
}

/** The finished part of the attempt that counts. */
export interface PartToken {
  /** In its folder, from 0 without gaps. */
  readonly index: TaskIndex;
  /** Below the output's own; absent: that itself. */
  readonly folder?: string;
  readonly path: string;
  readonly bytes: number;
  readonly records: number;
  readonly sha256: string;
}

/** A late attempt may still write into a folder that is being emptied. */
const remove = { recursive: true, force: true, maxRetries: 5, retryDelay: 20 } as const;

export class FileCommitter {
  readonly staging: string;
  private readonly output: OutputFolder;
  private readonly paths: ReturnType<typeof stagingPaths>;

  constructor(output: OutputFolder) {
    this.output = output;
    this.staging = stagingFolder(output.folder, output.job);
    this.paths = stagingPaths(this.staging);
  }

  /** Checks the output (UsageError) and makes its staging folder; done again it finds what it made. */
  async prepare(): Promise<Staging> {
    const { folder, overwrite } = this.output;
    await checkOutput(folder, { overwrite });
    return failing('E_OUTPUT_FAILED', this.staging, async () => {
      const made = await makeFolders(this.paths.parts);
      this.step('folders made');
      const known = await readText(this.paths.note);
      const text = known ?? this.note(made);
      if (known === null) await writeDurably(this.paths.note, text);
      await syncFolder(dirname(this.staging));
      return { path: this.staging, nonce: { path: this.paths.note, text } };
    });
  }

  /** Puts the output in its place. `tokens` has one part for each index of a folder; the same ones when it is called again. */
  async publish(tokens: readonly PartToken[], counters: Readonly<Record<string, number>> = {}): Promise<void> {
    await failing('E_COMMIT_FAILED', this.output.folder, async () => {
      if (!(await this.isPublished())) {
        await this.gather(tokens, counters);
        await this.moveOldAway();
        await rename(this.paths.final, this.output.folder);
        this.step('output renamed');
      }
      await syncFolder(dirname(this.output.folder));
      this.step('output synced');
      await this.removeStaging();
    });
  }

  /** Removes what the job left; an output that was moved away comes back. Several outputs: abort the last one prepared first. */
  async abort(): Promise<void> {
    await failing('E_OUTPUT_FAILED', this.staging, async () => {
      const note = parseNote(await readText(this.paths.note));
      if (!(await exists(this.output.folder)) && (await exists(this.paths.old))) await rename(this.paths.old, this.output.folder);
      this.step('old output restored');
      await this.removeStaging();
      await removeEmpty(dirname(this.output.folder), note.made);
    });
  }

  private async gather(tokens: readonly PartToken[], counters: Readonly<Record<string, number>>): Promise<void> {
    const { final } = this.paths;
    await makeFolders(final);
    this.step('final folder made');
    const parts: ManifestPart[] = [];
    for (const [folder, inFolder] of byFolder(tokens)) {
      await makeFolders(join(final, folder));
      for (const [index, token] of inFolder.entries()) {
        if (token.index !== index) throw this.failure(`part ${index} is missing or there twice`);
        const { bytes, records, sha256 } = token;
        const part = { name: join(folder, partName(index, extensionOf(token.path))), bytes, records, sha256 };
        await this.place(token, join(final, part.name));
        this.step(`part ${index} moved`);
        parts.push(part);
      }
    }
    await syncFolders(
      final,
      parts.map(part => part.name),
    );
    const totals = { parts: parts.length, bytes: sum(parts, 'bytes'), records: sum(parts, 'records') };
    const manifest = { version: 1, job: this.output.job, name: this.output.name, parts, totals, counters } as const;
    await writeDurably(join(final, manifestName), writeManifest(manifest));
    this.step('manifest written');
  }

  /** Moves a staged part to its name, unless it is there. */
  private async place(token: PartToken, target: string): Promise<void> {
    if (!isWithin(token.path, this.paths.parts)) throw this.failure(`the part ${token.path} lies outside ${this.staging}`);
    try {
      await rename(token.path, target);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    const found = await stat(target).catch(() => null);
    if (found === null) throw this.failure(`the finished part ${token.path} is gone`);
    if (found.size !== token.bytes) throw this.failure(`the part ${token.path} has ${found.size} bytes, ${token.bytes} were written`);
  }

  private async moveOldAway(): Promise<void> {
    const { folder, overwrite } = this.output;
    if (!(await exists(folder))) return;
    if (!overwrite) {
      const message = `${folder}: the output has come into being while the job ran; it is kept, and the job's own is given up`;
      throw new FailureError({ code: 'E_OUTPUT_EXISTS', message });
    }
    // A second one can only be what someone made after a crash of ours; the first stays the one to be removed.
    const old = (await exists(this.paths.old)) ? join(this.staging, `old-${randomBytes(4).toString('hex')}`) : this.paths.old;
    await rename(folder, old);
    this.step('old output moved away');
  }

  private async isPublished(): Promise<boolean> {
    const manifest = readManifest((await readText(join(this.output.folder, manifestName))) ?? '');
    return manifest?.job === this.output.job;
  }

  private async removeStaging(): Promise<void> {
    // The note goes last: it says which parents are to be removed.
    await rm(this.paths.parts, remove);
    await rm(this.paths.final, remove);
    this.step('parts removed');
    await rm(this.staging, remove);
    this.step('staging removed');
  }

  private note(made: string | undefined): string {
    const { job, folder } = this.output;
    // The first folder that mkdir had to make: the staging itself, or a parent of it.
    const parent = made === undefined || isWithin(made, this.staging) ? null : made;
    return `${JSON.stringify({ version: 1, job, folder, made: parent, nonce: randomBytes(16).toString('hex') })}\n`;
  }

  private step(name: string): void {
    this.output.afterStep?.(name);
  }

  private failure(what: string): FailureError {
    return new FailureError({ code: 'E_COMMIT_FAILED', message: `${this.output.folder}: ${what}` });
  }
}

/** The parts of each folder by index, folders in the order of their names; '' is the output's own. */
function byFolder(tokens: readonly PartToken[]): [string, PartToken[]][] {
  const folders = new Map<string, PartToken[]>();
  for (const token of tokens) {
    const { folder = '' } = token;
    if (folder !== '' && !isPartFolder(folder)) throw new Error(`not a folder of parts: ${folder}`);
    const inFolder = folders.get(folder);
    if (inFolder === undefined) folders.set(folder, [token]);
    else inFolder.push(token);
  }
  const inOrder = [...folders].sort(([a], [b]) => compareUtf8(a, b));
  return inOrder.map(([folder, parts]) => [folder, parts.sort((a, b) => a.index - b.index)]);
}

/** Makes the names of these files durable, but for those in `root` itself: what is written there next does that. */
async function syncFolders(root: string, files: readonly string[]): Promise<void> {
  const folders = new Set<string>();
  for (const file of files) for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  for (const folder of folders) await syncFolder(join(root, folder));
}

function parseNote(text: string | null): { made: string | null } {
  try {
    const note = JSON.parse(text ?? '{}') as { made?: string | null };
    return { made: note.made ?? null };
  } catch {
    return { made: null };
  }
}

/** Removes a folder and its parents up to `topmost`, as long as nobody has put anything there. */
async function removeEmpty(folder: string, topmost: string | null): Promise<void> {
  if (topmost === null) return;
  for (let path = folder; isWithin(path, topmost); path = dirname(path)) {
    try {
      await rmdir(path);
    } catch {
      return;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    error => {
      if (isMissing(error)) return false;
      throw error;
    },
  );
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function sum(parts: readonly ManifestPart[], field: 'bytes' | 'records'): number {
  return parts.reduce((total, part) => total + part[field], 0);
}
