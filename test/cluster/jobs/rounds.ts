// Sums that go round: in each round every number goes to the next key and to one further on. Tasks pass a gate in each round.

import { defineJob, from, sum, to } from 'sheaf';
import { z } from 'zod';
import { passGate } from './gate.ts';

const keys = 50;

export default defineJob({
  name: 'rounds',
  params: z.object({
    in: z.string(),
    out: z.string(),
    rounds: z.coerce.number().int().default(6),
    /** Folder of the gates; empty: there are none. */
    gates: z.string().default(''),
  }),
  plan({ params, read }) {
    let sums = read(from.text(params.in))
      .map(line => [Number(line) % keys, Number(line)] as const)
      .pairs()
      .reduce(sum);
    for (let round = 1; round <= params.rounds; round++) {
      let at: unknown = null;
      sums = sums
        .entries()
        .flatMap(function* ([key, n], context) {
          const { index, attempt } = context.task;
          if (at !== context) passGate(params.gates, { stage: `round-${round}`, index, attempt });
          at = context;
          yield [(key + 1) % keys, n % 1_000_003] as const;
          yield [(key * 7 + round) % keys, n % 911] as const;
        })
        .pairs()
        .reduce(sum);
    }
    sums.rows('key', 'n').write(to.jsonl(params.out));
  },
});
