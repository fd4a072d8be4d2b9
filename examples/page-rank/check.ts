// Ten rounds over a matrix, page by page.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rowsOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const lines = readFileSync(params.in, 'utf8').split('\n').slice(0, -1);
  const links = lines.map(line => line.split('\t') as [string, string]);
  const pages = [...new Set(links.map(([page]) => page))];
  const outgoing = new Map(pages.map(page => [page, links.filter(([from]) => from === page).length]));
  let ranks = new Map(pages.map(page => [page, 1]));
  for (let round = 0; round < 10; round++) {
    const shares = new Map(pages.map(page => [page, 0]));
    for (const [page, target] of links) shares.set(target, shares.get(target)! + ranks.get(page)! / outgoing.get(page)!);
    ranks = new Map([...shares].map(([page, share]) => [page, 0.15 + 0.85 * share]));
  }
  const rows = rowsOf(params.out).map(({ page = '', rank }) => ({ page, rank: Number(rank) }));
  assert.deepEqual(rows.map(({ page }) => page).sort(), pages.sort());
  for (const { page, rank } of rows) assert(Math.abs(rank - ranks.get(page)!) < 1e-9, `${page}: ${rank}, not ${ranks.get(page)}`);
  rows.forEach(({ rank }, i) => {
    assert(i === 0 || rank <= rows[i - 1]!.rank, 'the highest ranks come first, over all parts');
  });
  return `${rows.length} pages, the first is ${rows[0]!.page}`;
}
