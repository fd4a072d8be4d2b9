// Pairs of whole numbers of both signs, one a line.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string } {
  const random = seededRandom(26);
  const lines = Array.from({ length: 10_000 }, () => `${random.below(400) - 200} ${random.below(2_000_000) - 1_000_000}\n`);
  const path = join(folder, 'pairs.txt');
  writeFileSync(path, lines.join(''));
  return { in: path };
}
