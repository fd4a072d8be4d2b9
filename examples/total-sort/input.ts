// Sales with many equal countries and amounts, some without a country.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';

const countries = ['', 'DE', 'FR', 'JP', 'BR', 'KE', 'ÅL', 'É', '日本', '🌾'];

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string, rows = 20_000): { readonly in: string } {
  const random = seededRandom(19);
  const sales = join(folder, 'sales');
  mkdirSync(sales);
  const files = 4;
  for (let file = 0; file < files; file++) {
    const lines = Array.from({ length: rows / files }, (_, i) => {
      const amount = (random.below(4_000) - 1_000) / 4;
      return `${file * (rows / files) + i},${random.pick(countries)},${amount}\n`;
    });
    writeFileSync(join(sales, `${file}.csv`), `id,country,amount\n${lines.join('')}`);
  }
  return { in: join(sales, '*.csv') };
}
