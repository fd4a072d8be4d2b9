// Visits from a dozen countries, and the table of their names.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';

const countries = { DE: 'Germany', FR: 'France', JP: 'Japan', BR: 'Brazil', KE: 'Kenya', PL: 'Poland', CA: 'Canada', IN: 'India' };

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly visits: string; readonly countries: string } {
  const random = seededRandom(14);
  const codes = Object.keys(countries);
  const pages = Array.from({ length: 40 }, (_, number) => `/article/${number}`);
  mkdirSync(join(folder, 'visits'));
  for (const file of ['a', 'b', 'c']) {
    const lines = Array.from({ length: 4_000 }, () => `${random.below(1_000_000)},${random.pick(codes)},${random.pick(pages)}\n`);
    writeFileSync(join(folder, 'visits', `${file}.csv`), `visitor,code,page\n${lines.join('')}`);
  }
  const table = Object.entries(countries).map(entry => `${entry.join()}\n`);
  writeFileSync(join(folder, 'countries.csv'), `code,country\n${table.join('')}`);
  return { visits: join(folder, 'visits', '*.csv'), countries: join(folder, 'countries.csv') };
}
