// Thirty documents of made-up prose.

import { writeProse } from '../prose.ts';

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string } {
  return { in: writeProse(folder, { files: 30, lines: 40, seed: 11 }) };
}
