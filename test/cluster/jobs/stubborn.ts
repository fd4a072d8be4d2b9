// Fails the same way each time, and asks for three attempts all the same.

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'stubborn',
  params: z.object({ in: z.string(), out: z.string() }),
  settings: { attempts: 3 },
  input: p => from.text(p.in),
  map(line) {
    if (line === 'fails') throw new Error('the same each time');
    return [[line, 1]];
  },
  output: p => to.text(p.out),
});
