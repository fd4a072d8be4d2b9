// Words by what two kinds of side data say of them: a file that is shipped with the job, and broadcasts of the same records. Each
// executor leaves a line when it makes its table.

import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineJob, from, to } from 'sheaf';
import { z } from 'zod';

let factors: { readonly [word: string]: number } | undefined;

export default defineJob({
  name: 'side-data',
  params: z.object({ in: z.string(), out: z.string(), log: z.string() }),
  settings: { splitMb: 0.0625 },
  files: { 'factors.json': './testdata/factors.json' },
  plan({ params, read, broadcast }) {
    const words = read(from.text(params.in).words());
    const frequent = broadcast(
      words
        .countBy()
        .entries()
        .top(20, ([, n]) => n),
      counts => {
        appendFileSync(join(params.log, `${process.pid}`), 'made\n');
        return new Map(counts);
      },
    );
    const offset = broadcast(() => 1_000);
    words
      .map((word, { file, count }) => {
        factors ??= JSON.parse(readFileSync(file('factors.json'), 'utf8')) as { readonly [word: string]: number };
        if (frequent.value.has(word)) count('frequent');
        return [word.slice(0, 1), (frequent.value.get(word) ?? 0) * (factors.tue ?? 0) + offset.value] as const;
      })
      .pairs()
      .sum(n => n)
      .rows('letter', 'n')
      .write(to.csv(params.out));
  },
});
