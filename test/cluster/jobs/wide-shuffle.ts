// Sends several times its input through the shuffle, to six reducers. Every reduce task passes its gate at its first group.

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';
import { passGate } from './gate.ts';

export default mapReduce({
  name: 'wide-shuffle',
  params: z.object({ in: z.string(), out: z.string(), gates: z.string().default('') }),
  settings: { splitMb: 1 },
  setup: () => ({ hasPassed: false }),
  input: p => from.text(p.in),
  *map(line) {
    const [, first = '', second = ''] = line.split(' ');
    yield [first, `${second} ${line.repeat(3)}`];
  },
  *reduce(word, values, { state, params, task }) {
    if (!state.hasPassed) passGate(params.gates, task);
    state.hasPassed = true;
    let count = 0;
    let digest = 0;
    for (const value of values) {
      for (const char of value) digest = (Math.imul(digest, 31) + char.charCodeAt(0)) | 0;
      count++;
    }
    yield { word, count, digest };
  },
  reducers: 6,
  output: p => to.jsonl(p.out),
});
