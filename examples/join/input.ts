// Two folders of pairs; some keys are in one of them only, some come several times.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, seededRandom } from '../random.ts';

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly left: string; readonly right: string; readonly how: string } {
  const random = seededRandom(27);
  return { left: write(join(folder, 'left'), random), right: write(join(folder, 'right'), random), how: 'outer' };
}

function write(folder: string, random: Random): string {
  mkdirSync(folder);
  for (const file of ['a', 'b']) {
    const lines = Array.from({ length: 2_000 }, (_, i) => `key-${random.below(3_000)}\t${file}${i}\n`);
    writeFileSync(join(folder, `${file}.txt`), lines.join(''));
  }
  return folder;
}
