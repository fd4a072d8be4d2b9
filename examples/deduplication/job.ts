// Removes duplicates from a large file: of events with the same id the first in the file stays.
//
//   sheaf run job.ts -p in=events.csv -p out=events

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'deduplication',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    const events = read(from.csv(params.in, { id: 'text', at: 'text', kind: 'text' }, { multiline: false }));
    events.distinct('id').write(to.csv(params.out));
  },
});
