// What a job has written: the parts of an output folder, byte for byte, and what it would have left beside it.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The parts by path in the folder, in order; the manifest is none of them. */
export function partsOf(folder: string): Map<string, Buffer> {
  const names = filesBelow(folder).filter(name => name !== '_SUCCESS');
  return new Map(names.sort().map(name => [name, readFileSync(join(folder, name))]));
}

/** Name, size and hash of each part: equal exactly when the parts are, and quick to compare. */
export function digestsOf(parts: ReadonlyMap<string, Buffer>): { readonly [name: string]: string } {
  const digest = (bytes: Buffer): string => `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex')}`;
  return Object.fromEntries([...parts].map(([name, bytes]) => [name, digest(bytes)]));
}

/** Staging folders of an output. */
export function stagingOf(folder: string): string[] {
  const prefix = `.${basename(folder)}.sheaf-`;
  return readdirSync(dirname(folder)).filter(name => name.startsWith(prefix));
}

/** Every file below a folder, by its path in it. */
export function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter(entry => !entry.isDirectory()).map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
