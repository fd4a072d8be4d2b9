// Sessions of a click log: a user who does nothing for half an hour begins a new one.
//
//   sheaf run job.ts -p in='clicks/*.csv' -p out=sessions

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

const gapMs = 30 * 60_000;

export default defineJob({
  name: 'sessions',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    read(from.csv(params.in, { user: 'text', at: 'date', page: 'text' }, { multiline: false }))
      .keyBy('user')
      .group(
        // The clicks of a user come one by one in the order of time: nothing but the session at hand is held in memory.
        function* (user, clicks) {
          let session: { user: string; begin: Date; end: Date; clicks: number } | undefined;
          for (const { at } of clicks) {
            if (session !== undefined && at.getTime() - session.end.getTime() <= gapMs) {
              session.end = at;
              session.clicks++;
            } else {
              if (session !== undefined) yield session;
              session = { user, begin: at, end: at, clicks: 1 };
            }
          }
          if (session !== undefined) yield session;
        },
        { sortValuesBy: 'at' },
      )
      .write(to.csv(params.out));
  },
});
