// Counts all visits of each country, and looks that none of the pages left out has more than one that was taken.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rowsOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly visits: string; readonly countries: string; readonly out: string }): string {
  const folder = dirname(params.visits);
  const visits = readdirSync(folder).flatMap(name => readFileSync(join(folder, name), 'utf8').split('\n').slice(1, -1));
  const counts = new Map<string, number>();
  for (const visit of visits) {
    const [, code, page] = visit.split(',');
    counts.set(`${code},${page}`, (counts.get(`${code},${page}`) ?? 0) + 1);
  }
  const rows = rowsOf(params.out);
  const table = readFileSync(params.countries, 'utf8').split('\n').slice(1, -1);
  for (const line of table) {
    const [code, country] = line.split(',');
    const most = [...counts]
      .filter(([key]) => key.startsWith(`${code},`))
      .map(([, count]) => count)
      .sort((a, b) => b - a)
      .slice(0, 3);
    const taken = rows.filter(row => row.country === country);
    assert.deepEqual(
      taken.map(row => Number(row.visits)),
      most,
      `the counts of ${country}`,
    );
    for (const { page, visits: count } of taken) assert.equal(counts.get(`${code},${page}`), Number(count), `${page} in ${country}`);
    assert.equal(new Set(taken.map(({ page }) => page)).size, taken.length);
  }
  assert.equal(rows.length, 3 * table.length);
  return `${table.length} countries, three pages each`;
}
