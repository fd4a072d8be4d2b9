// Folders for temporary files, each under a name that nobody else has.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '@sheaf/protocol';

/** Makes `PARENT/PREFIX…` and gives its path. Throws UsageError where none can be made. Default: the system's folder for temporary files. */
export function makeTemporaryFolder(prefix: string, parent: string = tmpdir()): string {
  try {
    return mkdtempSync(join(parent, prefix));
  } catch (error) {
    const why = (error as Error).message;
    throw new UsageError(`no folder for temporary files can be made in ${parent} (${why}); name another one with TMPDIR`, { cause: error });
  }
}
