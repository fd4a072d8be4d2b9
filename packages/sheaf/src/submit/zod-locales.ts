// Zod brings its messages in fifty languages, a third of a small job's bundle, which every executor would parse at its start.
// A job that names none of them gets English alone.

import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Metafile, Plugin } from 'esbuild';

/** Leaves every language but English out. */
export const englishOnly: Plugin = {
  name: 'english-only',
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js';",
    }));
  },
};

/** Whether a module of the bundle may ask for a language: one beside zod itself has the word `locales` in it. */
export async function mayNameLocales({ inputs }: Metafile, folder: string): Promise<boolean> {
  const names = Object.keys(inputs);
  if (!names.some(name => isOfZod(name) && name.includes('locales'))) return false;
  for (const name of names) {
    if (isOfZod(name)) continue;
    const text = await readFile(join(folder, name), 'utf8').catch(() => '');
    if (text.includes('locales')) return true;
  }
  return false;
}

function isOfZod(name: string): boolean {
  return name.includes(`node_modules${sep}zod${sep}`);
}
