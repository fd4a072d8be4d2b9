// A few texts, and a pattern for words with a double letter.

import { writeProse } from '../prose.ts';

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string; readonly pattern: string } {
  return { in: writeProse(folder, { files: 4, lines: 1_500, seed: 25 }), pattern: '\\w*(?:ll|rr|tt|oo|ee)\\w*' };
}
