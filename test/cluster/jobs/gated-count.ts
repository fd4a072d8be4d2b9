// Counts words; every task passes its gate at its first record or group.

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';
import { passGate } from './gate.ts';

export default mapReduce({
  name: 'gated-count',
  params: z.object({
    in: z.string(),
    out: z.string(),
    /** Folder of the gates; empty: there are none. */
    gates: z.string().default(''),
  }),
  settings: { splitMb: 1 },
  setup: () => ({ hasPassed: false }),
  input: p => from.text(p.in),
  *map(line, { state, params, task, count }) {
    if (!state.hasPassed) passGate(params.gates, task);
    state.hasPassed = true;
    count('lines');
    for (const word of line.split(' ')) if (word !== '') yield [word, 1];
  },
  combine: (a, b) => a + b,
  *reduce(word, counts, { state, params, task, count }) {
    if (!state.hasPassed) passGate(params.gates, task);
    state.hasPassed = true;
    count('words');
    let n = 0;
    for (const one of counts) n += one;
    yield { word, n };
  },
  reducers: 3,
  output: p => to.jsonl(p.out),
});
