// Joins that become lookups as the files of their right side are small: the same records as those of the shuffled join; which joins
// may, and by which sizes; that executors, who see the graph alone, make the same plan.

import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type CompiledJob, decidedIn, type JoinPlan, openJob } from '@sheaf/job/open';
import { limits } from '@sheaf/protocol';
import { canonical, type Format } from '@sheaf/protocol/graph';
import fc from 'fast-check';
import { agg, type Collection, defineJob, type Flow, from, type JoinOptions, type Keyed, to } from 'sheaf';
import { afterAll, describe, expect, test } from 'vitest';
import { compileDecided } from '../../packages/sheaf/src/submit/compile-decided.ts';
import { decideJoins, type ListSide } from '../../packages/sheaf/src/submit/small-joins.ts';
import { allLookedUp, runPlan, type Sale, type TestFlow, type User } from './run-plan.ts';

const user = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(null));
const sale: fc.Arbitrary<Sale> = fc.record({ id: fc.nat(1000), user, day: fc.constantFrom('mo', 'tu'), amount: fc.nat(50) });
const data = fc.record({
  sales: fc.array(sale, { maxLength: 30 }),
  users: fc.array(fc.record({ user, plan: fc.constantFrom('pro', 'free') }), { maxLength: 8 }),
});
const out = to.jsonl('out');

type Keys = Keyed<number | null, User>;
/** Of any values. */
type Side = (flow: TestFlow) => unknown;
const lefts: readonly Side[] = [
  ({ sales }) => sales.keyBy('user'),
  ({ sales }) => sales.filter(({ amount }) => amount > 20).keyBy(record => record.user),
  ({ sales }) => sales.keyBy('user').mapValues(({ id }) => id),
  ({ sales }) => sales.map(({ user: u, day }) => [u, day] as const).pairs(),
  ({ sales }) => sales.keyBy('user').aggregate({ days: agg.collect('day') }),
];
const rights: readonly Side[] = [
  ({ users }) => users.keyBy('user'),
  ({ users }) => users.filter(({ plan }) => plan === 'pro').keyBy(record => record.user),
  ({ users }) => users.keyBy('user').mapValues(({ plan }) => [plan, { plan }]),
];
const kinds = ['join', 'leftJoin', 'semiJoin', 'antiJoin'] as const;

test('a lookup gives the records of the shuffled join', async () => {
  const sides = fc.record({ kind: fc.constantFrom(...kinds), left: fc.constantFrom(...lefts), right: fc.constantFrom(...rights) });
  await fc.assert(
    fc.asyncProperty(data, sides, async (given, { kind, left, right }) => {
      const plan = (flow: TestFlow): void =>
        (left(flow) as Keys)
          [kind](right(flow) as Keys)
          .entries()
          .write(out);
      const [looked, shuffled] = [await runPlan(given, plan, { looksUp: true }), await runPlan(given, plan)];
      expect([looked.error, shuffled.error]).toEqual([null, null]);
      const sorted = (records: readonly unknown[] = []): string[] => records.map(record => JSON.stringify(record)).sort();
      expect(sorted(looked.outputs.out)).toEqual(sorted(shuffled.outputs.out));
    }),
    { numRuns: 60 },
  );
});

test('what a function changes of a record that was looked up, the next one that has it does not see', async () => {
  const sales = Array.from({ length: 6 }, (_, id) => ({ id, user: 1, day: 'mo', amount: id }));
  const seen = (record: User & { times?: number }): number => {
    record.times = (record.times ?? 0) + 1;
    return record.times;
  };
  const plan = ({ sales: s, users }: TestFlow): void =>
    s
      .keyBy('user')
      .join(users.keyBy('user'))
      .entries()
      .map(([, { right }]) => seen(right))
      .write(out);
  const ran = await runPlan({ sales, users: [{ user: 1, plan: 'pro' }] }, plan, { looksUp: true });
  expect(ran.outputs.out).toEqual([1, 1, 1, 1, 1, 1]);
});

type Records = Collection<{ readonly id: number; readonly user: number; readonly day: string }>;
interface Read extends Flow<unknown> {
  readonly large: Records;
  readonly small: Records;
}

function jobOf(plan: (flow: Read) => unknown, onError = {}): ReturnType<typeof openJob> {
  const columns = { id: 'integer', user: 'integer', day: 'text' } as const;
  return openJob(
    defineJob({
      name: 'joins',
      ...onError,
      plan(flow) {
        plan({
          ...flow,
          large: flow.read(from.csv('large.csv', columns, { multiline: false })),
          small: flow.read(from.csv('small.csv', columns)),
        });
      },
    }),
  );
}

const joined =
  (options: JoinOptions = {}) =>
  ({ large, small }: Read): void =>
    large.keyBy('user').join(small.keyBy('id'), options).entries().write(out);

describe('which joins may', () => {
  const plansOf = (plan: (flow: Read) => unknown, onError = {}): readonly JoinPlan[] => jobOf(plan, onError).compile({}).joins ?? [];
  const write = (records: unknown, folder = 'out'): void => (records as Keys).entries().write(to.jsonl(folder));

  test('files on both sides, the right one record by record', () => {
    const plan = { join: 0, left: [{ paths: ['large.csv'], format: expect.objectContaining({ type: 'csv' }) }], right: ['small.csv'] };
    expect(plansOf(joined())).toEqual([plan]);
    const many = ({ large, small }: Read): void => {
      const known = small.filter(({ day }) => day !== '').map(record => record);
      write(
        large
          .flatMap(record => [record])
          .keyBy('user')
          .leftJoin(known.keyBy('id').mapValues(({ day }) => day)),
      );
      write(known.keyBy('id').semiJoin(known.keyBy('user')), 'known');
    };
    expect(plansOf(many)).toEqual([plan]);
    expect(
      plansOf(({ large, small }) =>
        write(
          large
            .keyBy('user')
            .count()
            .mapValues(n => n + 1)
            .antiJoin(small.keyBy('id')),
        ),
      ),
    ).toEqual([plan]);
  });

  test.each<[string, (flow: Read) => unknown, object?]>([
    ['the caller says no', joined({ broadcast: false })],
    ['the caller says yes', joined({ broadcast: true })],
    ['a right join', ({ large, small }) => write(large.keyBy('user').rightJoin(small.keyBy('id')))],
    ['a full join', ({ large, small }) => write(large.keyBy('user').fullJoin(small.keyBy('id')))],
    ['a fold that is folded on its way', ({ large, small }) => write(large.keyBy('user').count().join(small.keyBy('id')))],
    ['a flatMap on the right', ({ large, small }) => write(large.keyBy('user').join(small.flatMap(record => [record]).keyBy('id')))],
    ['a fold on the right', ({ large, small }) => write(large.keyBy('user').join(small.keyBy('id').count()))],
    ['a union on the right', ({ large, small }) => write(large.keyBy('user').join(small.union(small.filter(() => true)).keyBy('id')))],
    [
      'a flatMap of the source',
      ({ large, read }) => write(large.keyBy('user').join(read(from.text('t').flatMap(line => [line])).keyBy(Number))),
    ],
    ['items on the right', ({ large, read }) => write(large.keyBy('user').join(read(from.items([1])).keyBy(Number)))],
    [
      'items on the left',
      ({ read, small }) =>
        write(
          read(from.items([1]))
            .keyBy(Number)
            .join(small.keyBy('id')),
        ),
    ],
    [
      'records on the left that another operator sees',
      ({ large, small }) => {
        write(large.keyBy('user').join(small.keyBy('id')));
        large.filter(({ id }) => id > 1).write(to.jsonl('others'));
      },
    ],
    ['bad records are skipped', joined(), { onError: { skip: { maxCount: 1 }, deadLetter: 'bad' } }],
  ])('not where %s', (_, plan, onError) => {
    expect(plansOf(plan, onError)).toEqual([]);
  });

  test('executors make the graph that was submitted', () => {
    const twice = ({ large, small, read }: Read): void => {
      const once = large
        .keyBy('user')
        .join(small.keyBy('id'))
        .entries()
        .map(([, { left }]) => left);
      write(once.keyBy('day').leftJoin(read(from.text('days')).keyBy(line => line)));
    };
    for (const keep of [[0], [1], [0, 1]]) {
      const job = jobOf(twice);
      const { joins } = allLookedUp(job.compile({}));
      const kept = Object.fromEntries(keep.map(one => [one, joins[one] as string]));
      const submitted = job.compile({}, { checkpoints: {}, joins: kept, scans: [] }).graph;
      const here = jobOf(twice);
      const again = here.compile({}, decidedIn(JSON.parse(canonical(submitted)), here.compile({}))).graph;
      expect(canonical(again)).toBe(canonical(submitted));
      expect(submitted.stages.flatMap(({ steps }) => steps.filter(({ type }) => type === 'lookup')).length).toBe(keep.length);
    }
  });
});

describe('by which sizes', () => {
  const text = { type: 'text', unit: 'line' } as const;
  const csv = { type: 'csv', separator: ',', header: true, multiline: true, columns: null } as const;
  const most = limits.broadcastJoinBytesMax;
  const least = limits.broadcastJoinLeftBytesMin;
  type Files = NonNullable<Awaited<ReturnType<ListSide>>>;
  const plain = (...sizes: number[]): Files => sizes.map(size => ({ size, packed: null }));
  const packed = (...sizes: number[]): Files => sizes.map(size => ({ size, packed: 'gzip' }));

  test.each<[string, { right: Files | null; left: Files | null; format?: Format }, boolean]>([
    ['at both limits', { right: plain(most - 5, 5), left: plain(least) }, true],
    ['a right side that is larger', { right: plain(most, 1), left: plain(least) }, false],
    ['a left side that is smaller', { right: plain(most), left: plain(least - 1) }, false],
    ['packed files on the right', { right: packed(10), left: plain(least) }, false],
    ['one packed file on the left', { right: plain(10), left: packed(least) }, false],
    ['two packed files on the left', { right: plain(10), left: packed(least, least) }, true],
    ['a file on the left that one task reads', { right: plain(10), left: plain(least), format: csv }, false],
    ['a csv on the left that is larger than a split', { right: plain(10), left: plain(least + 1), format: csv }, true],
    ['files on the right that cannot be listed', { right: null, left: plain(least) }, false],
    ['files on the left that cannot be listed', { right: plain(10), left: null }, false],
  ])('%s', async (_, { right, left, format = text }, small) => {
    const plan: JoinPlan = { join: 3, left: [{ paths: ['large'], format }], right: ['small'] };
    const decided = await decideJoins([plan], { cwd: '/', splitBytes: least, list: async ([path]) => (path === 'small' ? right : left) });
    expect(Object.keys(decided)).toEqual(small ? ['3'] : []);
  });
});

describe('at submit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-joins-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'large.csv'), 'id,user,day\n');
  truncateSync(join(folder, 'large.csv'), limits.broadcastJoinLeftBytesMin);

  function decided(plan: (flow: Read) => unknown): Promise<CompiledJob> {
    const of = { encodedParams: () => new Uint8Array(), shipped: [], cwd: folder, directory: folder };
    return compileDecided({ job: jobOf(plan), params: {}, ...of });
  }
  const looksUp = ({ graph }: CompiledJob): boolean => graph.stages.some(({ steps }) => steps.some(({ type }) => type === 'lookup'));

  test('the files are listed, and the operator says what was found', async () => {
    writeFileSync(join(folder, 'small.csv'), 'id,user,day\n1,1,mo\n');
    const small = await decided(joined());
    expect(looksUp(small)).toBe(true);
    expect(small.notes?.operators.flat().map(({ text }) => text)).toContain('join [broadcast: 19 B]');
    expect(looksUp(await decided(joined({ broadcast: false })))).toBe(false);
    truncateSync(join(folder, 'small.csv'), limits.broadcastJoinBytesMax + 1);
    expect(looksUp(await decided(joined()))).toBe(false);
    rmSync(join(folder, 'small.csv'));
    expect(looksUp(await decided(joined()))).toBe(false);
    writeFileSync(join(folder, 'small.csv.gz'), gzipSync('id,user,day\n'));
    const packed = ({ large, read }: Read): void =>
      large
        .keyBy('user')
        .join(read(from.csv('*.gz', { id: 'integer' })).keyBy('id'))
        .entries()
        .write(out);
    expect(looksUp(await decided(packed))).toBe(false);
  });

  test('a right side that waits for the left one is shuffled', async () => {
    writeFileSync(join(folder, 'small.csv'), 'id,user,day\n1,1,mo\n');
    const waiting = ({ large, small, broadcast }: Read): void => {
      const rows = large.map(record => record);
      const count = broadcast(rows.countBy('day').entries());
      const known = small.filter(({ id }) => id < count.value.length);
      rows.keyBy('user').join(known.keyBy('id')).entries().write(out);
    };
    expect(looksUp(await decided(waiting))).toBe(false);
  });
});
