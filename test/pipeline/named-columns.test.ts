// A function that no more than names a column becomes the column, and nothing but its speed shows it.

import { fc, test as property } from '@fast-check/vitest';
import { openJob } from '@sheaf/job/open';
import { agg, type Collection, defineJob, from, to } from 'sheaf';
import { expect, test } from 'vitest';
import { propertyNamed } from '../../packages/job/src/pipeline/named-columns.ts';
import { runJob } from '../cluster/inline/run-job.ts';
import { writtenJobs } from '../cluster/inline/written-jobs.ts';

const columns = { user: 'text?', 'a b': 'integer', amount: 'number', share: 'number?' } as const;
interface Row {
  readonly user: string | null;
  readonly 'a b': number;
  readonly amount: number;
  readonly share: number | null;
}

function jobOf<T>(plan: (rows: Collection<Row>) => Collection<T>) {
  const settings = { splitMb: 0.0625, memoryMb: 16 };
  return defineJob({
    name: 'named',
    settings,
    plan({ read }) {
      plan(read(from.csv('in', columns, { multiline: false }))).write(to.jsonl('out'));
    },
  });
}

/** As text, as a bundler may leave them. */
test.each<[string, string | null]>([
  ['r => r.user', 'user'],
  ['(sale)=>sale.user', 'user'],
  ['(r) => r["a b"]', 'a b'],
  ['({ user }) => user', 'user'],
  ['function(r) { return r.user; }', 'user'],
  ['function by(r) {\n  return r.user\n}', 'user'],
  ['(r) => r.user.name', null],
  ['(r) => s.user', null],
  ['(r) => r?.user', null],
  ['(r, c) => r.user', null],
  ['(r = other) => r.user', null],
  ['(r) => r.user()', null],
  ['(r) => r[user]', null],
  ['({ user = 1 }) => user', null],
  ['({ user }) => name', null],
  ['async (r) => r.user', null],
  ['function* (r) { return r.user; }', null],
])('%s', (text, column) => {
  expect(propertyNamed(new Function('s', 'user', 'other', 'name', `return ${text};`)())).toBe(column);
});

test('only what the source says is there, and numbers where numbers are folded', () => {
  const keyOf = <T>(plan: (rows: Collection<Row>) => Collection<T>): unknown => {
    const edge = openJob(jobOf(plan)).compile(undefined).graph.edges[0];
    if (edge?.type !== 'shuffle') throw new Error('no shuffle');
    const { key, value, combine } = edge.shuffle;
    return [key[0]?.select.type, combine?.type === 'columns' ? combine.columns.map(({ of }) => of.type) : value.type];
  };
  expect(
    keyOf(rows =>
      rows
        .keyBy(r => r.user)
        .sum(r => r.amount)
        .entries(),
    ),
  ).toEqual(['column', 'column']);
  expect(
    keyOf(rows =>
      rows
        .filter(r => r.amount > 1)
        .countBy(r => r['a b'])
        .entries(),
    ),
  ).toEqual(['column', 'constant']);
  expect(
    keyOf(rows =>
      rows
        .map(r => r)
        .countBy(r => r.user)
        .entries(),
    ),
  ).toEqual(['function', 'constant']);
  expect(
    keyOf(rows =>
      rows
        .keyBy(r => (r as unknown as { x: number }).x)
        .count()
        .entries(),
    ),
  ).toEqual(['function', 'constant']);
  const folded = (rows: Collection<Row>) =>
    rows.keyBy('user').aggregate({
      a: agg.mean(r => r.amount),
      b: agg.sum(r => r.share ?? 0),
      c: agg.sum(r => r.share as number),
      d: agg.max(r => r.amount),
    });
  expect(keyOf(rows => folded(rows).entries())).toEqual(['column', ['column', 'function', 'function', 'column']]);
});

const cell = fc.oneof(fc.constantFrom('', 'ann', 'b,o', '"q"', 'é', 'x'.repeat(70)), fc.string({ maxLength: 6 }));
const row = fc.tuple(
  cell,
  fc.integer({ min: -3, max: 3 }),
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom('', '1', '2.5'),
);
const quoted = (text: string): string => (/[",\r\n\ufeff]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

property.prop([fc.array(row, { minLength: 1, maxLength: 40 })], { numRuns: 25 })(
  'has the bytes that any other function has',
  async rows => {
    const clean = rows.map(([user, ...rest]) => [quoted(user.replaceAll(/[\r\n]/g, '')), ...rest].join(','));
    const files = { 'in/a.csv': ['user,a b,amount,share', ...clean, ''].join('\n') };
    const ran = async <T>(plan: (rows: Collection<Row>) => Collection<T>): Promise<string> => {
      const { status, parts } = await runJob(jobOf(plan), { files });
      expect(status.error).toBeNull();
      return [...parts].map(([path, bytes]) => `${path}\n${bytes}`).join('\n');
    };
    const folds = (of: (r: Row) => number) => ({ n: agg.count(), s: agg.sum(of), v: agg.variance(of) });
    const named = await ran(all =>
      all
        .keyBy(r => r.user)
        .aggregate(folds(r => r.amount))
        .rows('user'),
    );
    const called = await ran(all =>
      all
        .keyBy(r => [r.user][0] as string | null)
        .aggregate(folds(r => [r.amount][0] as number))
        .rows('user'),
    );
    expect(named).toBe(called);
  },
);

const written = writtenJobs();

test('a key that is refused still leads to the function', async () => {
  const lines = [
    "import { from, defineJob, to } from 'sheaf';",
    'export default defineJob({',
    "  name: 'keys', settings: { memoryMb: 16 },",
    "  plan({ read }) { read(from.csv('in.txt', { a: 'text' }, { header: false }))",
    "  .filter((r: any) => { if (r.a === 'c') r.a = undefined; return true; })",
    '  .keyBy((r: any) => r.a).count().entries()',
    "  .write(to.jsonl('out')); },",
    '});',
  ];
  const failure = await written.failureOf(lines);
  expect(failure).toMatchObject({ code: 'E_BAD_KEY', record: { offset: 4 } });
  expect(failure.stack).toContain('job.ts:6:10');
});
