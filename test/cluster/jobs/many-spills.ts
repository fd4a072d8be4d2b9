// Sends twenty times its input through the shuffle, on the smallest memory there is: each of its two map tasks spills many times. What
// reduce writes hangs on each value and on their order.

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';

export default mapReduce({
  name: 'many-spills',
  params: z.object({ in: z.string(), out: z.string() }),
  settings: { memoryMb: 16 },
  input: p => from.text(p.in),
  *map(line) {
    const [, first = '', second = ''] = line.split(' ');
    for (let copy = 0; copy < 8; copy++) yield [`${first}-${copy % 4}`, { second, copy, filler: line.repeat(2) }];
  },
  sortValuesBy: { by: value => value.second, desc: true },
  *reduce(word, values) {
    let count = 0;
    let digest = 0;
    for (const { second, copy, filler } of values) {
      for (const char of `${second}${copy}${filler.length}`) digest = (Math.imul(digest, 31) + char.charCodeAt(0)) | 0;
      count++;
    }
    yield { word, count, digest };
  },
  reducers: 3,
  output: p => to.csv(p.out),
});
