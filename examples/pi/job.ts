// Estimates π by points that are spread evenly over a square: the share of them that lies in the circle is π/4. The points are
// those of Halton's sequence, so that the result is always the same.
//
//   sheaf run job.ts -p maps=16 -p samples=1000000 -p out=pi

import { defineJob, from, sum, to } from 'sheaf';
import { z } from 'zod';

const whole = z.coerce.number().int().positive();

export default defineJob({
  name: 'pi',
  params: z.object({ maps: whole, samples: whole, out: z.string() }),
  plan({ params: { maps, samples, out }, read }) {
    read(from.items(() => Array.from({ length: maps }, (_, map) => map * samples)))
      .map(first => ['inside', insideCircle(first, samples)])
      .pairs()
      .reduce(sum)
      .entries()
      .map(([, inside]) => ({ points: maps * samples, pi: (4 * inside) / (maps * samples) }))
      .write(to.csv(out));
  },
});

/** How many of the points from `first` lie in the circle. */
function insideCircle(first: number, count: number): number {
  let inside = 0;
  for (let index = first + 1; index <= first + count; index++) {
    if ((halton(index, 2) - 0.5) ** 2 + (halton(index, 3) - 0.5) ** 2 <= 0.25) inside++;
  }
  return inside;
}

/** The digits of `index` to some base, mirrored at the point. */
function halton(index: number, base: number): number {
  let value = 0;
  for (let digit = 1 / base; index > 0; digit /= base) {
    value += (index % base) * digit;
    index = Math.floor(index / base);
  }
  return value;
}
