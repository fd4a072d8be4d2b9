// A small tree of files: empty, binary and packed ones among them, and some that a job does not see.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { seededRandom } from '../random.ts';

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string } {
  const random = seededRandom(4);
  const root = join(folder, 'files');
  for (let number = 0; number < 120; number++) {
    const path = join(root, `shelf-${number % 5}`, number % 3 === 0 ? 'box' : '', `file-${number}${number % 10 === 0 ? '.gz' : '.bin'}`);
    const bytes = Uint8Array.from({ length: number % 17 === 0 ? 0 : random.below(5_000) }, () => random.below(256));
    write(path, path.endsWith('.gz') ? gzipSync(bytes) : bytes);
  }
  write(join(root, '_notes', 'left-out.txt'), 'a folder whose name starts with _');
  write(join(root, 'shelf-1', '.hidden'), 'a name that starts with .');
  return { in: root };
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
