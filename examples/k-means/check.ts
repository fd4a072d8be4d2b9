// The same rounds over one array of points.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rowsOf } from '../output.ts';

/** Throws when the output is wrong; otherwise says what was found. */
export function check(params: { readonly in: string; readonly k: string; readonly out: string }): string {
  const lines = readFileSync(params.in, 'utf8').split('\n').slice(1, -1);
  const points = lines.map(line => line.split(',').map(Number) as [number, number]);
  let middles = points.slice(0, Number(params.k));
  for (let round = 0; round < 10; round++) {
    const sums = middles.map(() => [0, 0, 0] as [number, number, number]);
    for (const point of points) {
      let nearest = 0;
      for (let i = 1; i < middles.length; i++) if (distance(point, middles[i]!) < distance(point, middles[nearest]!)) nearest = i;
      const sum = sums[nearest]!;
      sums[nearest] = [sum[0] + point[0], sum[1] + point[1], sum[2] + 1];
    }
    middles = sums.map(([x, y, count]) => [x / count, y / count]);
  }
  const written = rowsOf(params.out).map(({ x, y }) => [Number(x), Number(y)] as [number, number]);
  assert.equal(written.length, middles.length);
  for (const middle of middles)
    assert(
      written.some(other => distance(middle, other) < 1e-18),
      `no middle at ${middle}`,
    );
  return `${points.length} points in ${middles.length} clusters`;
}

function distance(a: readonly [number, number], b: readonly [number, number]): number {
  return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2;
}
