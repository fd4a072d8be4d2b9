// A few texts.

import { writeProse } from '../prose.ts';

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string } {
  return { in: writeProse(folder, { files: 4, lines: 1_500, seed: 24 }) };
}
