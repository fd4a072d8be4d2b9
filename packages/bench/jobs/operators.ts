// One operator, or several fused ones, between reading lines and counting what comes out: what it costs is what a run takes
// longer than the one without it.

import { type Answer, agg, type Collection, defineJob, from, to } from 'sheaf';
import { z } from 'zod';

type Lines = Collection<string>;
type Given = (lines: Lines, out: string) => { readonly [name: string]: Answer<unknown> } | undefined;

/** Of the ten random characters of a line: about 9,000 different keys. */
const keyOf = (line: string): string => line.slice(0, 2);
const keyed = (lines: Lines) => lines.keyBy(keyOf);
const names = (lines: Lines) =>
  lines
    .map(keyOf)
    .distinct()
    .keyBy(key => key);

export const operators = {
  'nothing: read and count': lines => ({ n: lines.count() }),
  map: lines => ({ n: lines.map(line => line.length).count() }),
  filter: lines => ({ n: lines.filter(line => line.charCodeAt(0) > 80).count() }),
  'flatMap, two of each': lines => ({ n: lines.flatMap(line => [line, line]).count() }),
  peek: lines => ({ n: lines.peek(() => {}).count() }),
  'sample(0.5)': lines => ({ n: lines.sample(0.5).count() }),
  'mapBatch(1000, async)': lines => ({ n: lines.mapBatch(1_000, async batch => batch).count() }),
  "pipe(['cat'])": lines => ({ n: lines.pipe(['cat']).count() }),
  'map, filter, map, flatMap: fused': lines => ({
    n: lines
      .map(line => line.length)
      .filter(length => length > 0)
      .map(length => length + 1)
      .flatMap(length => [length])
      .count(),
  }),
  'write(to.text)': (lines, out) => {
    lines.write(to.text(out));
  },
  'keyBy(…).count()': lines => ({ n: keyed(lines).count().entries().count() }),
  'keyBy(…).reduce(…) of strings': lines => ({
    n: keyed(lines)
      .reduce((a, b) => (a < b ? a : b))
      .entries()
      .count(),
  }),
  'keyBy(…).aggregate of count, sum, mean': lines => ({
    n: keyed(lines)
      .aggregate({ n: agg.count(), sum: agg.sum(line => line.length), mean: agg.mean(line => line.length) })
      .entries()
      .count(),
  }),
  'keyBy(…).group(…)': lines => ({
    n: keyed(lines)
      .group((key, group) => {
        let bytes = 0;
        for (const line of group) bytes += line.length;
        return [[key, bytes]];
      })
      .count(),
  }),
  'keyBy(…).topPerKey(3, …)': lines => ({
    n: keyed(lines)
      .topPerKey(3, line => line)
      .entries()
      .count(),
  }),
  'keyBy(…).join(9,000 keys)': lines => ({ n: keyed(lines).join(names(lines)).entries().count() }),
  'the same with { broadcast: true }': lines => ({ n: keyed(lines).join(names(lines), { broadcast: true }).entries().count() }),
  'distinct of all': lines => ({ n: lines.distinct().count() }),
  'top(100, …)': lines => ({ n: lines.top(100, line => line).count() }),
  'sortBy(…)': lines => ({ n: lines.sortBy(line => line).count() }),
  'repartition(4)': lines => ({ n: lines.repartition(4).count() }),
  'zipWithIndex()': lines => ({ n: lines.zipWithIndex().count() }),
} satisfies { readonly [name: string]: Given };

export default defineJob({
  name: 'operators',
  params: z.object({ in: z.string(), out: z.string(), operator: z.enum(Object.keys(operators) as [string, ...string[]]) }),
  plan({ params, read }) {
    const operator: Given = operators[params.operator as keyof typeof operators];
    return operator(read(from.text(params.in)), params.out) ?? {};
  },
});
