// What is wrong with the folders of a job before it starts: said at once, with words for each case, and nothing is touched.

import { lstat, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { UsageError } from '@sheaf/protocol';
import { isMissing } from './file-error.ts';
import { isWithin } from './staging.ts';

/** Throws UsageError when the folder cannot become an output. It is checked again when the job commits. */
export async function checkOutput(folder: string, options: { readonly overwrite: boolean; readonly cwd?: string }): Promise<void> {
  if (!isAbsolute(folder)) throw new Error(`not an absolute path: ${folder}`);
  if (dirname(folder) === folder) throw new UsageError(`${folder}: is the root of the file system, not an output folder`);
  const found = await lstat(folder).catch(error => {
    if (isMissing(error)) return null;
    throw new UsageError(`${folder}: cannot be looked at: ${(error as Error).message}`, { cause: error });
  });
  if (found === null) return checkParents(folder);
  if (found.isSymbolicLink()) throw new UsageError(`${folder}: is a symbolic link; name the folder that it leads to, or remove the link`);
  if (!found.isDirectory()) throw new UsageError(`${folder}: is a file; an output is a folder`);
  if (!options.overwrite) {
    throw new UsageError(`${folder}: the output exists; remove it, write elsewhere, or say --overwrite`);
  }
  const precious = [homedir(), options.cwd ?? process.cwd()].find(path => isWithin(path, folder));
  if (precious !== undefined) throw new UsageError(`${folder}: holds ${precious} and is not overwritten`);
}

/** Throws UsageError when an output and an input, or two outputs, lie in each other. Paths of inputs are those of listed files. */
export async function checkOverlap(inputs: Iterable<string>, outputs: readonly string[]): Promise<void> {
  const real = await Promise.all(outputs.map(realPath));
  outputs.forEach((output, i) => {
    const other = real.findIndex((path, j) => j !== i && isWithin(path, real[i] as string));
    if (other >= 0) throw new UsageError(`${outputs[other]}: lies inside ${output}, which is another output of the job`);
  });
  for (const input of inputs) {
    const at = real.findIndex((path, i) => isWithin(input, path) || isWithin(input, outputs[i] as string));
    if (at >= 0) throw new UsageError(`${outputs[at]}: the output would hold ${input}, an input of the same job`);
  }
}

/** The nearest parent that exists must be a folder. */
async function checkParents(folder: string): Promise<void> {
  for (let parent = dirname(folder); ; parent = dirname(parent)) {
    const found = await lstat(await realPath(parent)).catch(() => null);
    if (found === null && dirname(parent) !== parent) continue;
    if (found !== null && !found.isDirectory()) throw new UsageError(`${folder}: its parent ${parent} is a file`);
    return;
  }
}

/** The path with the links of its existing part followed. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error) || dirname(path) === path) return path;
    return join(await realPath(dirname(path)), path.slice(dirname(path).length + (dirname(path).endsWith('/') ? 0 : 1)));
  }
}
