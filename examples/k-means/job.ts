// k-means: finds the middles of k clusters of points. Each round gives every point to the nearest middle, and moves each middle
// to the mean of its points; one without points is dropped.
//
//   sheaf run job.ts -p in=points.csv -p k=5 -p out=clusters

import { agg, type Collection, defineJob, from, to } from 'sheaf';
import { z } from 'zod';

interface Point {
  readonly x: number;
  readonly y: number;
}

export default defineJob({
  name: 'k-means',
  params: z.object({
    in: z.string(),
    k: z.coerce.number().int().positive(),
    rounds: z.coerce.number().int().positive().default(10),
    out: z.string(),
  }),
  plan({ params, read }) {
    // Read again in each round: the middles come to where the points are, and no point is ever shuffled.
    const points = () => read(from.csv(params.in, { x: 'number', y: 'number' }, { multiline: false }));

    // They begin at the first points: all are equally large here.
    let middles: Collection<Point> = points().top(params.k, () => 0);
    for (let round = 1; round <= params.rounds; round++) {
      const known = middles.keyBy(() => 'all').aggregate({ middles: agg.collect(middle => middle) });
      middles = points()
        .keyBy(() => 'all')
        .join(known, { broadcast: true })
        .entries()
        .map(([, { left: point, right }]) => [nearest(point, right.middles), point])
        .pairs()
        .aggregate({ x: agg.mean('x'), y: agg.mean('y') })
        .entries()
        .map(([, middle]) => middle);
    }
    middles.write(to.csv(params.out));
  },
});

/** The index of the nearest middle. */
function nearest(point: Point, middles: readonly Point[]): number {
  const distances = middles.map(({ x, y }) => (x - point.x) ** 2 + (y - point.y) ** 2);
  return distances.indexOf(Math.min(...distances));
}
