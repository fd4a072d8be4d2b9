// The word count that one would write without Sheaf: lines into one Map. `npm run bench` measures it beside the others.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

const counts = new Map();
for await (const line of createInterface({ input: createReadStream(process.argv[2]) })) {
  for (const word of line.split(/\s+/)) if (word) counts.set(word, (counts.get(word) ?? 0) + 1);
}
for (const [word, n] of counts) process.stdout.write(`${JSON.stringify({ word, n })}\n`);
