// Counts the lines of a csv by group and skips the bad ones: `bad` of them make the map throw, half way. Every task passes its
// gate at its first record or group.

import { from, mapReduce, to } from 'sheaf';
import { z } from 'zod';
import { passGate } from './gate.ts';

export default mapReduce({
  name: 'skipping',
  params: z.object({
    in: z.string(),
    out: z.string(),
    bad: z.coerce.number(),
    /** Folder of the gates; empty: there are none. */
    gates: z.string().default(''),
  }),
  settings: { splitMb: 0.0625 },
  onError: { skip: { maxCount: 40 }, deadLetter: 'out/bad' },
  setup: () => ({ hasPassed: false }),
  input: p => from.csv(p.in, { id: 'integer', text: 'text' }, { multiline: false }),
  *map({ id, text }, { state, params, task, count }) {
    if (!state.hasPassed) passGate(params.gates, task);
    state.hasPassed = true;
    count('begun');
    yield [`group ${id % 13}`, 1];
    if (id % 100 === 7 && id / 100 < params.bad) throw new Error(`${id} is bad`);
    yield [`length ${text.length}`, 1];
  },
  combine: (a, b) => a + b,
  *reduce(group, counts, { state, params, task }) {
    if (!state.hasPassed) passGate(params.gates, task);
    state.hasPassed = true;
    let n = 0;
    for (const one of counts) n += one;
    yield { group, n };
  },
  reducers: 2,
  output: p => to.jsonl(p.out),
});
