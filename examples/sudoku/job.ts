// Solves sudokus, a file each, many at once: nine lines of nine digits, with ? for those to be found.
//
//   sheaf run job.ts -p in=puzzles -p out=solutions

import { basename } from 'node:path';
import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'sudoku',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    read(from.files(params.in))
      .flatMap(function* (file) {
        const cells = (file.text().match(/[1-9?]/g) ?? []).map(cell => (cell === '?' ? 0 : Number(cell)));
        for (const solution of solutions(cells)) yield { puzzle: basename(file.path), solution };
      })
      .write(to.jsonl(params.out));
  },
});

/** All ways to fill the empty cells, by trying the digits of the cell that has fewest. */
function* solutions(cells: readonly number[]): Generator<string[]> {
  let fewest: { readonly cell: number; readonly digits: readonly number[] } | undefined;
  for (const [cell, digit] of cells.entries()) {
    const digits = digit === 0 ? digitsFor(cells, cell) : undefined;
    if (digits !== undefined && (fewest === undefined || digits.length < fewest.digits.length)) fewest = { cell, digits };
  }
  if (fewest === undefined) yield cells.join('').match(/.{9}/g) ?? [];
  else for (const digit of fewest.digits) yield* solutions(cells.with(fewest.cell, digit));
}

/** The digits that are not yet in the cell's row, column and box. */
function digitsFor(cells: readonly number[], cell: number): number[] {
  const [row, column] = [Math.floor(cell / 9), cell % 9];
  const corner = (row - (row % 3)) * 9 + column - (column % 3);
  const taken = new Set<number>();
  for (let i = 0; i < 9; i++) {
    taken.add(cells[row * 9 + i]!);
    taken.add(cells[i * 9 + column]!);
    taken.add(cells[corner + Math.floor(i / 3) * 9 + (i % 3)]!);
  }
  return [1, 2, 3, 4, 5, 6, 7, 8, 9].filter(digit => !taken.has(digit));
}
