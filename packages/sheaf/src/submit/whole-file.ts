// Files that are whole or not there: written under another name, synced, renamed.

import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/** Writes the parts one after another; readers see the old file or the new one, whatever happens meanwhile. For its owner alone, unless `mode` says otherwise. */
export async function writeWholeFile(path: string, parts: readonly Uint8Array[], mode = 0o600): Promise<void> {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
