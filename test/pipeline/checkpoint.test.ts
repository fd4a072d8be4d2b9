// Checkpoints: what is computed once and read by later runs, and what makes a run compute it again.

import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJob } from '@sheaf/job/open';
import { agg, type Collection, defineJob, type Flow, from, run, to } from 'sheaf';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { bundleJob } from '../../packages/sheaf/src/submit/bundler.ts';
import { loadJob } from '../../packages/sheaf/src/submit/load-job.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-checkpoint-'));
  mkdirSync(join(folder, 'in'));
  writeFileSync(join(folder, 'in/a.jsonl'), '{"user":1,"amount":5}\n{"user":2,"amount":7}\n');
  writeFileSync(join(folder, 'in/b.jsonl'), '{"user":1,"amount":1}\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const seen: string[] = [];
const job = defineJob({
  name: 'kept',
  params: z.object({ at: z.string(), factor: z.number(), last: z.boolean().default(false) }),
  plan({ params, read }) {
    const sums = read(from.jsonl(join(params.at, 'in'), { user: 'integer', amount: 'number' }))
      .peek(({ user }) => void seen.push(`read ${user}`))
      .keyBy('user')
      .aggregate({ n: agg.count(), amount: agg.sum('amount') })
      .rows('user')
      .map(row => ({ ...row, amount: BigInt(row.amount * params.factor), day: new Date(row.user) }))
      .checkpoint(join(params.at, 'kept'));
    const all = sums.peek(({ user }) => void seen.push(`after ${user}`));
    all.write(to.jsonl(join(params.at, 'out')));
    return { all: all.collect(), most: sums.sortBy({ by: 'n', desc: true }).first(1) };
  },
});

async function ran(
  params: { factor?: number; last?: boolean } = {},
  one: typeof job = job,
): Promise<{ readonly all: unknown; readonly seen: string[] }> {
  seen.length = 0;
  const { answers } = await run(one, { at: folder, factor: 1, last: false, ...params }, { inline: true, overwrite: true });
  return { all: answers.all, seen: [...seen].sort() };
}

const kept = (): string[] => readdirSync(join(folder, 'kept'));
const all = [
  { user: 1, n: 2, amount: 6n, day: new Date(1) },
  { user: 2, n: 1, amount: 7n, day: new Date(2) },
];
const computed = ['after 1', 'after 2', 'read 1', 'read 1', 'read 2'];
const fromCheckpoint = ['after 1', 'after 2'];

test('the first run keeps the records as they are; the next reads them, and computes nothing before', async () => {
  const first = await ran();
  expect(first).toEqual({ all, seen: computed });
  expect(kept()).toEqual([expect.stringMatching(/^checkpoint-[0-9a-f]{16}$/)]);
  expect(readdirSync(join(folder, 'kept', kept()[0] ?? ''))).toContain('_SUCCESS');
  const written = readdirSync(join(folder, 'out'))
    .filter(name => name.startsWith('part-'))
    .map(name => readFileSync(join(folder, 'out', name), 'utf8'));
  expect(await ran()).toEqual({ all, seen: fromCheckpoint });
  const again = readdirSync(join(folder, 'out'))
    .filter(name => name.startsWith('part-'))
    .map(name => readFileSync(join(folder, 'out', name), 'utf8'));
  expect(again.join('')).toBe(written.join(''));
  expect(kept().length).toBe(1);
});

test('other parameters or other inputs compute anew, and a folder that is gone too', async () => {
  await ran();
  expect((await ran({ factor: 2 })).seen).toEqual(computed);
  expect((await ran()).seen).toEqual(fromCheckpoint);
  utimesSync(join(folder, 'in/a.jsonl'), new Date(1), new Date(1));
  expect((await ran()).seen).toEqual(computed);
  appendFileSync(join(folder, 'in/b.jsonl'), '{"user":3,"amount":1}\n');
  expect((await ran()).all).toHaveLength(3);
  expect(kept().length).toBe(4);
  rmSync(join(folder, 'kept'), { recursive: true });
  expect((await ran()).seen).toEqual(['after 1', 'after 2', 'after 3', 'read 1', 'read 1', 'read 2', 'read 3']);
});

test('a job that fails keeps nothing; one behind another is enough', async () => {
  const chain = (fails: boolean): typeof job =>
    defineJob({
      name: 'chain',
      params: z.object({ at: z.string(), factor: z.number(), last: z.boolean().default(false) }),
      plan({ params, read }) {
        const first = read(from.jsonl(join(params.at, 'in'), { user: 'integer', amount: 'number' }))
          .peek(({ user }) => void seen.push(`read ${user}`))
          .checkpoint(join(params.at, 'first'));
        const second = first
          .sortBy('amount')
          .peek(({ user }) => void seen.push(`sorted ${user}`))
          .checkpoint(join(params.at, 'second'));
        const last = second.map(row => {
          if (fails && params.last) throw new Error('later');
          return { ...row, n: 1, amount: 0n, day: new Date(0) };
        });
        return { all: last.collect(), most: last.first(1) };
      },
    });
  await expect(ran({ last: true }, chain(true))).rejects.toThrow('Error: later');
  expect([existsSync(join(folder, 'first')), existsSync(join(folder, 'second'))]).toEqual([false, false]);
  expect((await ran({ last: true }, chain(false))).seen.length).toBe(6);
  expect((await ran({ last: true }, chain(false))).seen).toEqual([]);
  rmSync(join(folder, 'second'), { recursive: true });
  expect((await ran({ last: true }, chain(false))).seen).toEqual(['sorted 1', 'sorted 1', 'sorted 2']);
});

test('a folder that is none, or is written twice, is a mistake of the plan', () => {
  const problem = (plan: (rows: Collection<string>) => void): string => {
    try {
      openJob(defineJob({ name: 'x', plan: ({ read }) => plan(read(from.text('in'))) })).compile({});
    } catch (error) {
      return (error as Error).message;
    }
    return 'none';
  };
  expect(problem(rows => rows.checkpoint('').write(to.jsonl('out')))).toContain('checkpoint takes the folder that it is kept in');
  expect(problem(rows => rows.checkpoint('out/kept').write(to.jsonl('out')))).toContain("'out/kept' lies inside 'out'");
  expect(
    problem(rows =>
      rows
        .checkpoint('kept')
        .map(() => 1)
        .checkpoint('kept')
        .write(to.jsonl('out')),
    ),
  ).toContain("written to 'kept'");
});

test('what it is made of is told by every function, selector and broadcast before it', () => {
  const textOf = (make: (rows: Collection<{ readonly a: number }>, broadcast: Flow<unknown>['broadcast']) => unknown): string => {
    const job = defineJob({
      name: 'x',
      plan({ read, broadcast }) {
        const rows = read(from.jsonl('in', { a: 'integer' }));
        return {
          n: (make(rows, broadcast) as Collection<object>)
            .checkpoint('kept')
            .map(() => 1)
            .count(),
        };
      },
    });
    return openJob(job).compile({}).checkpoints?.[0]?.text ?? '';
  };
  const texts = [
    textOf(rows => rows),
    textOf(rows => rows.map(({ a }) => a + 1)),
    textOf(rows => rows.map(({ a }) => a + 2)),
    textOf(rows => rows.filter(({ a }) => a > 1)),
    textOf(rows => rows.sortBy('a')),
    textOf(rows => rows.sortBy({ by: 'a', desc: true })),
    textOf(rows => rows.keyBy('a').count().entries()),
    textOf(rows =>
      rows
        .keyBy(r => r.a % 2)
        .count()
        .entries(),
    ),
    textOf((rows, broadcast) => {
      broadcast(rows.top(1, 'a'));
      return rows.map(({ a }) => a + 1);
    }),
  ];
  expect(new Set(texts).size).toBe(texts.length);
  expect(textOf(rows => rows.map(({ a }) => a + 1))).toBe(texts[1]);
});

test('a job file and a program have one checkpoint, though their bundles hold the functions differently', async () => {
  const file = join(folder, 'job.ts');
  writeFileSync(
    file,
    `import { defineJob, from } from 'sheaf';
export default defineJob({
  name: 'lines',
  plan: ({ read }) => ({
    n: read(from.text('in'))
      .map(line => {
        const words = line.split(' ');
        return words.length;
      })
      .checkpoint('kept')
      .count(),
  }),
});
`,
  );
  const textsOf = async (options: { readonly job?: string }): Promise<unknown> => {
    const bundle = await bundleJob(file, { ...options, cacheFolder: null });
    return (await loadJob(bundle, join(folder, 'loaded'))).compile({}).checkpoints;
  };
  expect(await textsOf({})).toEqual(await textsOf({ job: 'lines' }));
});
