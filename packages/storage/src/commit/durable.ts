// Writing so that it is there after a crash of the machine: the file is synced, renamed, and then its folder synced.

import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a whole file: other readers see the old one or the new one. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`;
  const file = await open(partial, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
  await syncFolder(dirname(path));
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
