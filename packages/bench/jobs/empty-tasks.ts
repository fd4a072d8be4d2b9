// So many tasks with next to nothing to do: what is measured is what a task costs by itself.

import { defineJob, from } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'empty-tasks',
  params: z.object({ tasks: z.coerce.number().int().positive() }),
  plan({ params, read }) {
    function* numbers(): Iterable<number> {
      for (let number = 0; number < params.tasks; number++) yield number;
    }
    return { n: read(from.items(numbers, { perTask: 1 })).count() };
  },
});
