// Many short tasks with a long one now and then. Each writes down that it ran, and some print.

import { appendFileSync } from 'node:fs';
import { defineJob, from } from 'sheaf';
import { z } from 'zod';

const longMs = 100;

export default defineJob({
  name: 'short-tasks',
  params: z.object({ tasks: z.coerce.number(), ran: z.string() }),
  plan({ params, read }) {
    const items = read(
      from.items(
        Array.from({ length: params.tasks }, (_, i) => i),
        { perTask: 1 },
      ),
    );
    const counted = items.map(item => {
      appendFileSync(params.ran, `${item}\n`);
      if (item % 20 === 19) console.log('item', item);
      if (item % 100 === 99) for (const until = performance.now() + longMs; performance.now() < until; );
      return item;
    });
    return { n: counted.count() };
  },
});
