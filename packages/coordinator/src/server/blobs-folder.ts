// Where the blobs of a coordinator lie, for itself and for those of its machine that need not ask it for them.

import { join } from 'node:path';

/** In its state directory; each file is named by the sha256 of its contents, in hex. */
export function blobsFolder(stateDirectory: string): string {
  return join(stateDirectory, 'blobs');
}
