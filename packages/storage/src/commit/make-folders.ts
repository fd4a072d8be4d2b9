// Makes folders that may be there already. Node's recursive mkdir is not used where the path is the user's: in a folder that
// answers ENOENT to every new name, such as /proc, it never ends, and takes a thread of the coordinator with it.

import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMissing } from './file-error.ts';

/** Makes the folder and the parents it lacks. Gives the first folder that was made; undefined when all were there. */
export async function makeFolders(path: string): Promise<string | undefined> {
  try {
    return await makeOne(path);
  } catch (error) {
    const parent = dirname(path);
    if (!isMissing(error) || (await isFolder(parent))) throw error;
    const first = await makeFolders(parent);
    const last = await makeOne(path);
    return first ?? last;
  }
}

async function makeOne(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' && (await isFolder(path))) return undefined;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() === true;
}
