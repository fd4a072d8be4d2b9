// `write` with partitionBy: the folders, their files and their manifest, against plain arrays.

import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { type Collection, defineJob, type Flow, from, type Key, type Schema, to } from 'sheaf';
import { expect, test } from 'vitest';
import { type RanJob, runJob } from '../cluster/inline/run-job.ts';

interface Sale {
  readonly id: number;
  readonly day: string | null;
  readonly user: number | null;
}

const anything = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as unknown as Schema<Sale>;

const days = fc.oneof(
  fc.constantFrom('mo', 'a/b', '50%', '__null__', '', '.', '..', 'a=b', 'é "x"', 'tab\t', '日'),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
  fc.constant(null),
);
const sales: fc.Arbitrary<Sale[]> = fc.array(
  fc.record({ id: fc.nat(1000), day: days, user: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constant(null)) }),
  { maxLength: 40 },
);

/** Records in two files, so that there are several splits. */
async function ran(records: readonly Sale[], write: (collection: Collection<Sale>) => void, memoryMb = 64): Promise<RanJob> {
  const half = Math.ceil(records.length / 2);
  const text = (part: readonly Sale[]): string => part.map(record => `${JSON.stringify(record)}\n`).join('');
  const job = defineJob({ name: 'test', settings: { memoryMb }, plan: ({ read }) => write(read(from.jsonl('in', anything))) });
  const done = await runJob(job, { files: { 'in/a.jsonl': text(records.slice(0, half)), 'in/b.jsonl': text(records.slice(half)) } });
  expect(done.status.error).toBe(null);
  expect(done.left).toEqual([]);
  return done;
}

const escapes: { readonly [letter: string]: string } = { '%': '%25', '/': '%2F', '\t': '%09', '\n': '%0A' };

function dayFolder({ day }: Sale): string {
  if (day === null) return 'day=__null__';
  if (day === '__null__') return 'day=%5F_null__';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped.
  return `day=${day.replace(/[\0-\x1f\x7f%/]/g, letter => escapes[letter] ?? `%${Buffer.from(letter).toString('hex').toUpperCase()}`)}`;
}

function byFolder(records: readonly Sale[], folder: (sale: Sale) => string, line: (sale: Sale) => string): Map<string, string> {
  const files = new Map<string, string>();
  for (const sale of records) {
    const name = `${folder(sale)}/part-00000.jsonl`;
    files.set(name, `${files.get(name) ?? ''}${line(sale)}\n`);
  }
  return files;
}

const inOrder = (files: ReadonlyMap<string, string | Buffer>): unknown[] =>
  [...files].map(([name, content]) => [name, String(content)]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));

test.each([16, 64])('a column: one part for each value, in input order, without the column (%i MB)', async memoryMb => {
  await fc.assert(
    fc.asyncProperty(sales, async records => {
      const { parts } = await ran(records, all => all.write(to.jsonl('out'), { partitionBy: 'day' }), memoryMb);
      expect(inOrder(parts)).toEqual(inOrder(byFolder(records, dayFolder, ({ id, user }) => JSON.stringify({ id, user }))));
    }),
    { numRuns: 12, examples: [[[]], [[{ id: 1, day: 'x', user: null }]]] },
  );
});

test('columns: nested folders; what two keys write alike is one folder', async () => {
  await fc.assert(
    fc.asyncProperty(sales, async records => {
      const { parts } = await ran(records, all => all.write(to.jsonl('out'), { partitionBy: ['user', 'day'] }));
      const folder = (sale: Sale): string => `user=${sale.user ?? '__null__'}/${dayFolder(sale)}`;
      expect(inOrder(parts)).toEqual(inOrder(byFolder(records, folder, ({ id }) => JSON.stringify({ id }))));
    }),
    { numRuns: 12 },
  );
  const keys: readonly Key[] = [1, '1', 1n, true, 'true', new Date(0), new Uint8Array([1, 2]), ['a', 1]];
  const records = keys.map((_, id) => ({ id, day: null, user: null }));
  const { parts } = await ran(records, all =>
    all.write(to.jsonl('out'), { partitionBy: { name: 'key=', by: ({ id }) => keys[id] as Key } }),
  );
  expect([...parts.keys()]).toEqual([
    'key%3D=1/part-00000.jsonl',
    'key%3D=1970-01-01T00:00:00.000Z/part-00000.jsonl',
    'key%3D=AQI=/part-00000.jsonl',
    'key%3D=["a",1]/part-00000.jsonl',
    'key%3D=true/part-00000.jsonl',
  ]);
  expect(String(parts.get('key%3D=1/part-00000.jsonl'))).toBe(
    '{"id":0,"day":null,"user":null}\n{"id":1,"day":null,"user":null}\n{"id":2,"day":null,"user":null}\n',
  );
});

test('csv has a header without the column, packed parts are packed, and sorted records stay sorted', async () => {
  const records = [3, 1, 2].flatMap(id => ['mo', 'tu'].map(day => ({ id, day, user: null })));
  const { parts } = await ran(records, all =>
    all.sortBy('id').write(to.csv('out', { columns: ['day', 'id', 'user'] }), { partitionBy: 'day' }),
  );
  expect(inOrder(parts)).toEqual([
    ['day=mo/part-00000.csv', 'id,user\n1,\n2,\n3,\n'],
    ['day=tu/part-00000.csv', 'id,user\n1,\n2,\n3,\n'],
  ]);
  const packed = await ran(records, all =>
    all
      .map(({ day, id }) => `${day} ${id}`)
      .write(to.text('out', { gzip: true }), { partitionBy: { name: 'day', by: line => line.slice(0, 2) } }),
  );
  expect([...packed.parts].map(([name, part]) => [name, gunzipSync(part).toString()])).toEqual([
    ['day=mo/part-00000.txt.gz', 'mo 3\nmo 1\nmo 2\n'],
    ['day=tu/part-00000.txt.gz', 'tu 3\ntu 1\ntu 2\n'],
  ]);
});

test('many folders of one task are written one at a time', async () => {
  const records = Array.from({ length: 3000 }, (_, id) => ({ id, day: String(id % 1500), user: null }));
  const { parts } = await ran(records, all => all.write(to.jsonl('out'), { partitionBy: 'day' }));
  expect(parts.size).toBe(1500);
  expect(String(parts.get('day=7/part-00000.jsonl'))).toBe('{"id":7,"user":null}\n{"id":1507,"user":null}\n');
});

test.each([
  [
    'no key',
    (all: Collection<Sale>) => all.map(({ id }) => ({ id })).write(to.jsonl('out'), { partitionBy: 'day' as 'id' }),
    'key is undefined',
  ],
  [
    'a name that is too long',
    (all: Collection<Sale>) => all.write(to.jsonl('out'), { partitionBy: { name: 'x', by: () => 'é'.repeat(130) } }),
    "partitionBy 'x': the folder's name would have 262 bytes",
  ],
])('%s is a failure at its record', async (_, write, message) => {
  const job = defineJob({ name: 'test', plan: ({ read }) => write(read(from.jsonl('in', anything))) });
  const { status, left } = await runJob(job, { files: { in: '{"id":1,"day":"mo","user":null}\n' } });
  expect(status.state).toBe('failed');
  expect(status.error?.message).toContain(message);
  expect(status.error?.record?.offset).toBe(0);
  expect(left).toEqual([]);
});

test.each([
  [{ partitionBy: [] }, 'partitionBy takes a column, a list of columns, or { name, by }'],
  [{ partitionBy: 7 }, 'partitionBy takes a column, a list of columns, or { name, by }'],
  [{ partitionBy: { name: 'x' } }, 'partitionBy takes a name and a function'],
  [{ partitionBy: ['a', 'a'] }, "partitionBy names 'a' twice"],
  [{ partitionBy: 'dya' }, "there is no column 'dya'. Did"],
  [{ partitionBy: ['day', 'id'] }, 'nothing is left to write'],
  [{ partitionby: 'day' }, "there is no option 'partitionby'"],
])('%j is refused before anything runs', async (options, message) => {
  const plan = ({ read }: Flow<unknown>): void =>
    read(from.csv('in', { id: 'integer', day: 'text' })).write(to.csv('out'), options as { readonly partitionBy: 'day' });
  await expect(runJob(defineJob({ name: 'test', plan }))).rejects.toThrow(message);
});
