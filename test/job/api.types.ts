// The job API as types: what must be inferred without an annotation, and what must be a compile error.
// Nothing here runs; `tsc -p test` fails when a spelling stops inferring or a mistake stops being one. A directive stands
// above the very line that must be refused. Parameters that nothing uses start with `_`, because an unused one would be an
// error of its own and satisfy the directive.

import { type Emit, from, mapReduce, pair, sum, to } from 'sheaf';
import { z } from 'zod';

// ---------------------------------------------------------------------------------- what must infer

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
declare function is<A>(): <B>(value: B, ...same: Same<A, B> extends true ? [] : [{ got: B; want: A }]) => void;
const Paths2 = z.object({ in: z.string(), out: z.string() });
const Hit = z.object({ user: z.number(), url: z.string(), at: z.date(), bytes: z.number() });

// README, generator methods
export const a1 = mapReduce({
  name: 'word-count',
  params: Paths2,
  input: p => from.text(p.in),
  *map(line, context) {
    context.count('lines');
    for (const w of line.split(/\s+/)) if (w) yield [w, 1];
  },
  combine: (a, b) => a + b,
  *reduce(word, counts) {
    let n = 0;
    for (const c of counts) n += c;
    yield { word, n };
  },
  output: p => to.jsonl(p.out),
});
is<string>()(a1._.k);
is<number>()(a1._.v);
is<{ word: string; n: number }>()(a1._.r);
// arrows and arrays, through .map, .flatMap, .filter, Map, Object.entries; output first; no params; built-in combine
const rest = { name: 'x', output: to.jsonl('o') };
export const a2 = mapReduce({
  name: 'x',
  params: Paths2,
  input: p => from.text(p.in),
  map: l => l.split(' ').map(w => [w, 1]),
  combine: sum,
  reduce: (w, ns) => [{ w, n: [...ns].length }],
  output: p => to.csv(p.out),
});
export const a3 = mapReduce({
  ...rest,
  input: from.text('a'),
  map: l => l.split(' ').flatMap(w => (w ? [[w, 1]] : [])),
  combine: Math.max,
  *reduce(w, ns) {
    for (const n of ns) yield [w, n + 1];
  },
});
export const a4 = mapReduce({
  ...rest,
  input: from.text('a'),
  map: l => new Map([[l, 1]]),
  *reduce(w, ns) {
    for (const n of ns) yield [w, n + 1];
  },
});
export const a5 = mapReduce({
  ...rest,
  input: from.text('a'),
  map: l => Object.entries({ [l]: 1 }),
  *reduce(w, ns) {
    for (const n of ns) yield [w, n + 1];
  },
});
is<string>()(a2._.k);
is<number>()(a2._.v);
is<string>()(a3._.k);
is<[string, number]>()(a3._.r);
is<number>()(a4._.v);
is<number>()(a5._.v);
// no parameter; several yields; union values; direct Sink of pairs
export const a6 = mapReduce({
  name: 'x',
  input: from.text('a'),
  *map() {
    yield ['n', 1];
  },
  combine: (a, b) => a + b,
  *reduce(k, ns) {
    for (const n of ns) yield [k, n];
  },
  output: to.text('o'),
});
export const a7 = mapReduce({
  ...rest,
  input: from.text('a'),
  *map(l) {
    yield [l, 1];
    yield [l, 'x'];
  },
  *reduce(k, vs) {
    for (const v of vs) yield { k, v };
  },
});
is<number>()(a6._.v);
is<string | number>()(a7._.v);
// tuple keys, object values, secondary sort by column name or function
export const a8 = mapReduce({
  ...rest,
  input: from.jsonl('a', Hit),
  *map(h) {
    yield [[h.url, h.user], { n: 1, at: h.at }];
  },
  combine: (a, b) => ({ n: a.n + b.n, at: a.at }),
  sortValuesBy: 'at',
  *reduce([url, user], vs) {
    for (const v of vs) yield { url, user, n: v.n };
  },
});
export const a9b = mapReduce({
  ...rest,
  input: from.jsonl('a', Hit),
  *map(h) {
    yield [h.user, h];
  },
  sortValuesBy: { by: 'at', desc: true },
  *reduce(user, hits) {
    for (const h of hits) yield { user, t: h.at.getTime() };
  },
});
is<number>()(a9b._.k);
export const a9 = mapReduce({
  ...rest,
  input: from.jsonl('a', Hit),
  *map(h) {
    yield [h.user, h];
  },
  sortValuesBy: { by: h => [h.at, h.bytes], desc: true },
  *reduce(user, hits) {
    for (const h of hits) yield { user, t: h.at.getTime() };
  },
});
is<[string, number]>()(a8._.k);
is<{ n: number; at: Date }>()(a8._.v);
is<number>()(a9._.k);
// functions written away from the job: annotated, `as const`, or with pair()
function* words1(line: string): Generator<[string, number]> {
  for (const w of line.split(' ')) yield [w, 1];
}
function* words2(line: string) {
  for (const w of line.split(' ')) yield [w, 1] as const;
}
function* words3(line: string) {
  for (const w of line.split(' ')) yield pair(w, 1);
}
function* total(key: string, ns: Iterable<number>) {
  let n = 0;
  for (const x of ns) n += x;
  yield { key, n };
}
export const b1 = mapReduce({ ...rest, input: from.text('a'), map: words1, combine: sum, reduce: total });
export const b2 = mapReduce({ ...rest, input: from.text('a'), map: words2, combine: (a, b) => a + b, reduce: total });
export const b3 = mapReduce({ ...rest, input: from.text('a'), map: words3, combine: (a, b) => a + b, reduce: total });
is<number>()(b1._.v);
is<number>()(b2._.v);
is<number>()(b3._.v);
is<{ key: string; n: number }>()(b3._.r);
// the emit form; setup's state; map-only jobs (pairs and records)
export const b4 = mapReduce({
  ...rest,
  input: from.text('a'),
  mapEmit(line, emit: Emit<[string, number]>) {
    emit(line, 1);
  },
  combine: (a, b) => a + b,
  *reduce(k, ns) {
    for (const n of ns) yield { k, n: n + 1 };
  },
});
export const b5 = mapReduce({
  ...rest,
  params: Paths2,
  setup: async ({ params }) => ({ stop: new Set([params.in]) }),
  input: p => from.text(p.in).words(),
  *map(w, { state }) {
    if (!state.stop.has(w)) yield [w, 1];
  },
  reduce: total,
});
export const b6 = mapReduce({
  ...rest,
  input: from.text('a'),
  *map(line) {
    if (line) yield { line, n: line.length };
  },
  output: to.csv('o'),
});
export const b7 = mapReduce({ ...rest, input: from.text('a'), map: l => [[l, null]], output: () => to.text('o') });
is<string>()(b4._.k);
is<number>()(b4._.v);
is<{ line: string; n: number }>()(b6._.r);
// columns instead of a schema: typed, lazily decoded
export const b8 = mapReduce({
  ...rest,
  input: from.csv('s', { user: 'integer', amount: 'number', note: 'text?' }),
  *map(r) {
    yield [r.user, r.amount];
  },
  combine: sum,
  *reduce(user, ns) {
    for (const n of ns) yield { user, n };
  },
});
is<{ readonly user: number; readonly amount: number; readonly note: string | null }>()(b8._.i);
// several inputs, each with a map of its own
export const c1 = mapReduce({
  name: 'plan-and-bytes',
  params: z.object({ users: z.string(), hits: z.string(), out: z.string() }),
  inputs: p => [
    from.csv(p.users, { id: 'integer', plan: 'text' }).map(u => [u.id, { plan: u.plan }]),
    from.jsonl(p.hits, Hit).flatMap(h => (h.bytes ? [[h.user, { bytes: h.bytes }]] : [])),
  ],
  *reduce(user, values) {
    let plan = 'none',
      bytes = 0;
    for (const v of values)
      if ('plan' in v) plan = v.plan;
      else bytes += v.bytes;
    yield { user, plan, bytes };
  },
  output: p => to.csv(p.out),
});
is<number>()(c1._.k);
is<{ plan: string } | { bytes: number }>()(c1._.v);
is<{ user: number; plan: string; bytes: number }>()(c1._.r);

// ---------------------------------------------------------------------------------- what must not

mapReduce({
  ...rest,
  input: from.text('a'),
  *map(l) {
    yield [l, 1];
  },
  *reduce(_k, vs) {
    // @ts-expect-error values are numbers
    for (const v of vs) yield v.toUpperCase();
  },
});
mapReduce({
  ...rest,
  input: from.text('a'),
  *map(l) {
    yield [new Map([[l, 1]]), 1];
  },
  // @ts-expect-error a Map is not a Key
  *reduce(_k, vs) {
    yield { n: [...vs].length };
  },
});
mapReduce({
  ...rest,
  input: from.text('a'),
  *map(l) {
    yield l;
  },
  // @ts-expect-error reduce needs pairs
  *reduce(_k, vs) {
    yield { n: [...vs].length };
  },
});
mapReduce({
  ...rest,
  input: from.text('a'),
  *map(l) {
    yield [l, 1];
  },
  // @ts-expect-error combine must give back a value
  combine: (a, _b) => `${a}`,
  reduce: total,
});
mapReduce({
  ...rest,
  input: from.text('a'),
  *map(l) {
    yield [l, l];
  },
  // @ts-expect-error sum is for numbers
  combine: sum,
  *reduce(k, _vs) {
    yield k;
  },
});
// @ts-expect-error a promise per record
mapReduce({ ...rest, input: from.text('a'), map: async l => [[l, 1]] });
mapReduce({
  ...rest,
  input: from.text('a'),
  // @ts-expect-error an async generator per record
  async *map(l) {
    yield [l, 1];
  },
});
mapReduce({
  name: 'x',
  input: from.text('a'),
  *map(l) {
    yield [l, 1];
  },
  *reduce(_k, vs) {
    for (const v of vs) yield v;
  },
  // @ts-expect-error csv needs records with columns
  output: () => to.csv('o'),
});
mapReduce({
  name: 'x',
  input: from.text('a'),
  *map(l) {
    yield l.length;
  },
  // @ts-expect-error map-only: the sink must take what map yields
  output: to.csv('o'),
});
mapReduce({
  ...rest,
  input: from.text('a'),
  *map(l) {
    yield [l, 1];
  },
  // @ts-expect-error a typo in a member is named: did you mean 'combine'?
  combiner: (a: number, b: number) => a + b,
  reduce: total,
});
mapReduce({
  ...rest,
  params: Paths2,
  // @ts-expect-error a typo in a parameter
  input: p => from.text(p.inn),
  *map(l) {
    yield [l, 1];
  },
});
// @ts-expect-error no input
mapReduce({
  ...rest,
  *map(l: string) {
    yield [l, 1];
  },
});
// @ts-expect-error either input and map, or inputs
mapReduce({
  ...rest,
  inputs: [from.text('a').map(l => [l, 1])],
  *map(l: string) {
    yield [l, 1];
  },
});
mapReduce({
  ...rest,
  inputs: [from.text('a')],
  // @ts-expect-error inputs must yield pairs when there is a reduce
  *reduce(_k, vs) {
    yield { n: [...vs].length };
  },
});
mapReduce({
  ...rest,
  input: from.text('a'),
  *reduce(_k, vs) {
    let n = 0;
    // @ts-expect-error order: reduce stands above map, so its values are unknown
    for (const v of vs) n += v;
    yield { n };
  },
  *map(l) {
    yield [l, 1];
  },
});
mapReduce({
  ...rest,
  input: from.jsonl('a', Hit),
  *map(h) {
    yield [h.user, h];
  },
  // @ts-expect-error no such column to sort values by
  sortValuesBy: 'when',
  *reduce(k, _vs) {
    yield k;
  },
});
// @ts-expect-error no such column type
from.csv('s', { user: 'int' });
// ---- spellings TypeScript cannot infer; the README says what to write instead
function* words4(line: string) {
  for (const w of line.split(' ')) yield [w, 1];
} // yields (string | number)[]
// @ts-expect-error write `yield pair(w, 1)`, or annotate Generator<[string, number]>, or define it inside the job
mapReduce({ ...rest, input: from.text('a'), map: words4, reduce: total });
mapReduce({
  ...rest,
  input: from.text('a'),
  map(l) {
    const out = [];
    for (const w of l.split(' ')) out.push([w, 1]);
    return out;
  },
  // @ts-expect-error an array filled by push has no tuple hint: yield, or `const out: [string, number][] = []`
  reduce: total,
});
mapReduce({
  ...rest,
  input: from.text('a'),
  *map(l) {
    yield* l.split(' ').map(w => [w, 1]);
  },
  // @ts-expect-error yield* passes no hint into a nested .map: `return` the array, or loop and yield
  reduce: total,
});
