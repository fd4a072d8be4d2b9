// `files` of a job: what travels with it beside its code. Each has a name in the job, by which `context.file` finds it on any worker,
// and a path that is relative to the job file. Nothing is opened here.

import { limits } from '@sheaf/protocol';

/** Name in the job → path. */
export interface JobFiles {
  readonly [name: string]: string;
}

/** Reads the member; adds to `problems` what is wrong with it. */
export function jobFilesOf(given: unknown, problems: string[]): JobFiles {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    problems.push("files must be an object of names and paths, as in { 'geo.mmdb': './data/geo.mmdb' }");
    return {};
  }
  const entries = Object.entries(given as { readonly [name: string]: unknown });
  if (entries.length > limits.jobFilesMax) problems.push(`it has ${entries.length} files, more than ${limits.jobFilesMax}`);
  for (const [name, path] of entries) {
    if (!isPlainName(name)) problems.push(`files: '${name}' is no plain file name`);
    if (typeof path !== 'string' || path.trim() === '' || path.includes('\0'))
      problems.push(`files: the path of '${name}' must be a non-empty string`);
  }
  return Object.fromEntries(entries) as JobFiles;
}

/** It is a file's name on the worker. */
function isPlainName(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return /^[^/\\\0-\x1f]+$/.test(name) && name !== '.' && name !== '..' && new TextEncoder().encode(name).length <= limits.fileNameBytesMax;
}
