// `run` as types: answers come with the types that the plan gave them, and parameters are those of the job. Nothing here runs.

import { agg, defineJob, from, mapReduce, type RunResult, run, sum, to } from 'sheaf';
import { z } from 'zod';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function is<A>(): <B>(value: B, ...same: Same<A, B> extends true ? [] : [{ got: B; want: A }]) => void;

export const answering = defineJob({
  name: 'answers',
  params: z.object({ in: z.string(), out: z.string() }),
  plan({ params, read }) {
    const sales = read(from.csv(params.in, { user: 'integer', day: 'date', amount: 'number' }));
    sales.write(to.csv(params.out));
    const totals = sales.keyBy('user').aggregate({ n: agg.count(), last: agg.max('day') });
    return { total: sales.count(), head: sales.first(10), totals: totals.entries().collect() };
  },
});
export const counting = mapReduce({
  name: 'counts',
  input: from.text('a').words(),
  map: word => [[word, 1]],
  combine: sum,
  *reduce(word, counts) {
    for (const n of counts) yield { word, n };
  },
  output: to.jsonl('o'),
});

export const shipping = mapReduce({
  name: 'ships',
  files: { 'geo.mmdb': './geo.mmdb' },
  setup: ({ file }) => ({ path: file('geo.mmdb') }),
  input: from.text('a'),
  *map(line, { file, state }) {
    is<string>()(file('geo.mmdb'));
    yield [line, state.path];
  },
  output: to.text('o'),
});
// @ts-expect-error the path of a file is a text
defineJob({ name: 'x', files: { geo: 5 }, plan: ({ read }) => read(from.text('a')).write(to.text('o')) });

export async function all(): Promise<void> {
  const { id, counters, answers } = await run(answering, { in: 'a', out: 'b' });
  is<string>()(id);
  is<number | undefined>()(counters.lines);
  is<number>()(answers.total);
  is<number | undefined>()(answers.head[0]?.amount);
  is<Date | undefined>()(answers.totals[0]?.[1].last);
  is<Promise<RunResult<unknown>>>()(run(counting, {}));
  await run(answering, { in: 'a', out: 'b' }, { workers: 4, overwrite: true, signal: AbortSignal.timeout(5) });
  // @ts-expect-error no such answer
  answers.tail;
  // @ts-expect-error a job that is no plan answers nothing
  (await run(counting, {})).answers.total;
  // @ts-expect-error a parameter is missing
  await run(answering, { in: 'a' });
  // @ts-expect-error a parameter of another type
  await run(answering, { in: 'a', out: 5 });
  // @ts-expect-error no such option
  await run(answering, { in: 'a', out: 'b' }, { worker: 4 });
  // @ts-expect-error what runs is a job, not its plan
  await run(answering.plan, { in: 'a', out: 'b' });
}
