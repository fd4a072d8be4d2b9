// People you may know: those with whom you share most friends and who are none of yours yet.
//
//   sheaf run job.ts -p in=friendships.csv -p out=suggestions

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'friends-of-friends',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    const friends = read(from.csv(params.in, { one: 'text', other: 'text' }, { multiline: false }))
      .flatMap(function* ({ one, other }) {
        yield [one, other];
        yield [other, one];
      })
      .distinct()
      .pairs();

    friends
      .join(friends)
      .entries()
      .map(([, { left, right }]) => [left, right])
      .filter(([one, other]) => one !== other)
      .countBy()
      .antiJoin(friends.entries().keyBy(friendship => friendship))
      .rows(['person', 'suggestion'], 'shared')
      .keyBy('person')
      .topPerKey(3, 'shared')
      .entries()
      .flatMap(([, suggestions]) => suggestions)
      .write(to.csv(params.out));
  },
});
