// An exact moment inside a commit. Before it touches anything, the coordinator looks whether the old output is perhaps its own
// already, by reading the old manifest. Here that is a pipe: the reader waits until the test writes into it.

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface HeldCommit {
  /** Resolves when a commit has come to it, and lets it go on. */
  release(): Promise<void>;
}

/** Makes an old output with one part; the commit of a new one over it waits for `release`. */
export function holdCommit(out: string): HeldCommit {
  mkdirSync(out);
  writeFileSync(join(out, 'part-00000.txt'), 'old\n');
  const manifest = join(out, '_SUCCESS');
  execFileSync('mkfifo', [manifest]);
  return { release: () => writeFile(manifest, '') };
}
