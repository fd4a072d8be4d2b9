// Puzzles made from one solution: its digits renamed, its rows shuffled within their bands, and cells left out.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, seededRandom } from '../random.ts';

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string } {
  const random = seededRandom(28);
  const puzzles = join(folder, 'puzzles');
  mkdirSync(puzzles);
  for (let number = 1; number <= 12; number++) {
    writeFileSync(join(puzzles, `puzzle-${String(number).padStart(2, '0')}.txt`), puzzleOf(random));
  }
  return { in: puzzles };
}

function puzzleOf(random: Random): string {
  const digits = shuffled(random, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const rows = [0, 3, 6].flatMap(band => shuffled(random, [band, band + 1, band + 2]));
  const solution = rows.map(row => digits.map((_, column) => digits[(row * 3 + Math.floor(row / 3) + column) % 9]!));
  const lines = solution.map(row => row.map(digit => (random.below(100) < 48 ? '?' : digit)).join(' '));
  return `${lines.join('\n')}\n`;
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  const left = [...list];
  return list.map(() => left.splice(random.below(left.length), 1)[0]!);
}
