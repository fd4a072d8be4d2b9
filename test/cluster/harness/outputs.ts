// What a job has written: the parts of an output folder, byte for byte, and what it would have left beside it.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The parts by name, in order; the manifest is none of them. */
export function partsOf(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder).filter(name => name !== '_SUCCESS');
  return new Map(names.sort().map(name => [name, readFileSync(join(folder, name))]));
}

/** What the manifest of an output says was counted. */
export function countersIn(folder: string): { readonly [name: string]: number } {
  return (JSON.parse(readFileSync(join(folder, '_SUCCESS'), 'utf8')) as { counters: { [name: string]: number } }).counters;
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
