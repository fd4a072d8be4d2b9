// Links between 300 pages, most of them to a few; some pages have no link to them, and every page has one on it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string } {
  const random = seededRandom(12);
  const pages = Array.from({ length: 300 }, (_, number) => `/page/${number}`);
  const links = pages.flatMap(page => Array.from({ length: 1 + random.below(12) }, () => `${page}\t${random.pick(pages)}\n`));
  const path = join(folder, 'links.tsv');
  writeFileSync(path, links.join(''));
  return { in: path };
}
