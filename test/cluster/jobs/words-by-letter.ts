// Counts words into folders by their length and first letter.

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'words-by-letter',
  params: z.object({ in: z.string(), out: z.string() }),
  settings: { splitMb: 0.0625 },
  plan({ params, read }) {
    read(from.text(params.in).words())
      .countBy()
      .rows('word', 'count')
      .map(row => ({ ...row, length: row.word.length, letter: row.word.slice(0, 1) }))
      .write(to.csv(params.out), { partitionBy: ['length', 'letter'] });
  },
});
