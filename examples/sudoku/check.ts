// Every solution keeps the given digits and has each digit once in each row, column and box; each puzzle has a solution, and none
// twice.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordsOf } from '../output.ts';

const nine = [0, 1, 2, 3, 4, 5, 6, 7, 8];

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly out: string }): string {
  const records = recordsOf<{ puzzle: string; solution: string[] }>(params.out);
  for (const { puzzle, solution } of records) {
    const given = readFileSync(join(params.in, puzzle), 'utf8').replaceAll(' ', '').split('\n');
    const at = (row: number, column: number): string => solution[row]![column]!;
    for (const i of nine) {
      const [row, column] = [3 * Math.floor(i / 3), 3 * (i % 3)];
      const row9 = nine.map(k => at(i, k));
      const column9 = nine.map(k => at(k, i));
      const box9 = nine.map(k => at(row + Math.floor(k / 3), column + (k % 3)));
      for (const unit of [row9, column9, box9]) assert.equal(unit.sort().join(''), '123456789', puzzle);
      for (const k of nine) assert(given[i]![k] === '?' || given[i]![k] === at(i, k), `${puzzle}: a given digit was changed`);
    }
  }
  const distinct = new Set(records.map(record => JSON.stringify(record)));
  assert.equal(distinct.size, records.length);
  assert.deepEqual([...new Set(records.map(({ puzzle }) => puzzle))].sort(), readdirSync(params.in).sort());
  return `${readdirSync(params.in).length} puzzles, ${records.length} solutions`;
}
