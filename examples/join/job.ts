// Joins two sets of files of key TAB value. Nothing has to be sorted or cut alike beforehand.
//
//   sheaf run job.ts -p left=names -p right=cities -p how=outer -p out=joined

import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

export default defineJob({
  name: 'join',
  params: z.object({ left: z.string(), right: z.string(), how: z.enum(['inner', 'outer']).default('inner'), out: z.string() }),
  plan({ params, read }) {
    const pairsIn = (path: string) =>
      read(from.text(path).fields())
        .map(([key = '', value = '']) => [key, value])
        .pairs();
    const [left, right] = [pairsIn(params.left), pairsIn(params.right)];
    const joined = params.how === 'inner' ? left.join(right) : left.fullJoin(right);
    joined
      .entries()
      .map(([key, { left, right }]) => [key, [left ?? null, right ?? null]])
      .write(to.text(params.out));
  },
});
