// A few texts in which some phrases come again and again.

import { writeProse } from '../prose.ts';

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string } {
  return { in: writeProse(folder, { files: 5, lines: 1_000, seed: 18 }) };
}
