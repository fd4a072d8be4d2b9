// Sales with quoted commas and quotes in their notes, amounts of both signs.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';

const categories = ['books', 'bread', 'tools', 'toys', 'tea', 'garden', '"wine, red"', 'Käse'];
const notes = ['', 'gift', '"late, call back"', '"said ""ok"""', 'express', 'été'];

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string, rows = 150_000): { readonly in: string } {
  const random = seededRandom(3);
  const lines = ['id,day,category,amount,note'];
  for (let id = 1; id <= rows; id++) {
    const day = `2025-${String(1 + random.below(12)).padStart(2, '0')}-${String(1 + random.below(28)).padStart(2, '0')}`;
    const amount = `${random.below(20) === 0 ? '-' : ''}${random.below(2_000)}.${String(random.below(100)).padStart(2, '0')}`;
    lines.push(`${id},${day},${random.pick(categories)},${amount},${random.pick(notes)}`);
  }
  const path = join(folder, 'sales.csv');
  writeFileSync(path, `${lines.join('\n')}\n`);
  return { in: path };
}
