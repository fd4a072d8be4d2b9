// Points around five places that lie apart.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../random.ts';

const places = [
  [0, 0],
  [40, 5],
  [10, 60],
  [-35, 30],
  [-20, -50],
] as const;

/** Writes the input into `folder` and gives the job's parameters for it. */
export function makeInput(folder: string): { readonly in: string; readonly k: string } {
  const random = seededRandom(16);
  const near = (middle: number): string => (middle + (random.below(2_000) + random.below(2_000) - 2_000) / 100).toFixed(2);
  const lines = Array.from({ length: 2_000 }, (_, i) => places[i % places.length]!).map(([x, y]) => `${near(x)},${near(y)}\n`);
  const path = join(folder, 'points.csv');
  writeFileSync(path, `x,y\n${lines.join('')}`);
  return { in: path, k: `${places.length}` };
}
