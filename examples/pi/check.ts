// Counts the points inside again, with coordinates that are whole numbers: digits mirrored in a string.

import assert from 'node:assert/strict';
import { rowsOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly maps: string; readonly samples: string; readonly out: string }): string {
  const points = Number(params.maps) * Number(params.samples);
  let inside = 0;
  for (let index = 1; index <= points; index++) {
    const [x, y] = [2, 3].map(base => {
      const digits = index.toString(base);
      return Number.parseInt([...digits].reverse().join(''), base) / base ** digits.length - 0.5;
    });
    if (x! ** 2 + y! ** 2 <= 0.25) inside++;
  }
  const [row, ...more] = rowsOf(params.out);
  assert.deepEqual([row!.points, more.length], [`${points}`, 0]);
  // A point on the very edge may fall to either side.
  assert(Math.abs(Number(row!.pi) - (4 * inside) / points) <= 8 / points);
  assert(Math.abs(Number(row!.pi) - Math.PI) < 1e-3);
  return `π is about ${row!.pi}`;
}
