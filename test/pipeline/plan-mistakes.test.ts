// A mistake in a plan is said before anything runs, with what is wrong, and through a bundle with the operator's line.

import { join } from 'node:path';
import { openJob } from '@sheaf/job/open';
import { UsageError } from '@sheaf/protocol';
import { agg, defineJob, from, to } from 'sheaf';
import { expect, test } from 'vitest';
import { bundleJob } from '../../packages/sheaf/src/submit/bundler.ts';
import { loadJob } from '../../packages/sheaf/src/submit/load-job.ts';
import { jobFolder } from '../sheaf/submit/job-folder.ts';

// biome-ignore lint/suspicious/noExplicitAny: what is wrong here is what the types refuse.
type Loose = any;

/** The message that compiling the plan ends with. */
function refusal(plan: (sales: Loose, flow: Loose) => void): string {
  const sales = from.csv('sales', { user: 'integer', day: 'date', category: 'text', amount: 'number' });
  const job = defineJob({ name: 'x', plan: flow => plan(flow.read(sales), flow) });
  try {
    openJob(job).compile(undefined);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message.replace("job 'x': ", '');
  }
  return 'accepted';
}

const out = to.csv('out');

test('a column that is not there', () => {
  expect(refusal(s => s.keyBy('usr'))).toBe("keyBy: there is no column 'usr'. Did you mean 'user'?");
  expect(refusal(s => s.keyBy(['user', 'dya']))).toBe("keyBy: there is no column 'dya'. Did you mean 'day'?");
  expect(refusal(s => s.sortBy({ by: 'ammount', desc: true }))).toBe("sortBy: there is no column 'ammount'. Did you mean 'amount'?");
  expect(refusal(s => s.filter(() => true).top(3, 'x'))).toContain("top: there is no column 'x'. There are: user, day");
  expect(refusal(s => s.keyBy('user').aggregate({ n: agg.sum('amuont') }))).toBe(
    "aggregate: 'n': there is no column 'amuont'. Did you mean 'amount'?",
  );
  expect(refusal(s => s.keyBy('user').aggregate({ n: agg.count() }).rows('user').sortBy('m'))).toContain("sortBy: there is no column 'm'");
  expect(refusal(s => s.write(out, { partitionBy: 'dy' }))).toContain("there is no column 'dy'. Did you mean 'day'?");
});

test('a sum of what is known to be no number', () => {
  expect(refusal(s => s.keyBy('user').sum('category'))).toBe("sum: column 'category' is no number, but text.");
  expect(
    refusal(s =>
      s
        .filter(() => true)
        .keyBy('user')
        .sum('day'),
    ),
  ).toBe("sum: column 'day' is no number, but date.");
  expect(refusal(s => s.keyBy('user').aggregate({ n: agg.mean('category' as never) }))).toBe(
    "aggregate: 'n': column 'category' is no number, but text.",
  );
  expect(
    refusal(s =>
      s
        .keyBy('user')
        .aggregate({ n: agg.max('category' as never) })
        .entries()
        .write(to.jsonl('out')),
    ),
  ).toBe('accepted');
  expect(
    refusal(s =>
      s
        .map((r: Loose) => r)
        .keyBy('user')
        .sum('category')
        .entries()
        .write(to.jsonl('out')),
    ),
  ).toBe('accepted');
});

test('what is no selector, function, aggregate, sink or count', () => {
  expect(refusal(s => s.keyBy(7))).toContain('keyBy takes a column, a list of columns or a function');
  expect(refusal(s => s.keyBy('user').sum(null))).toContain('sum takes a column or a function');
  expect(refusal(s => s.map('upper'))).toBe('map takes a function, not string.');
  expect(refusal(s => s.flatMap(async () => []))).toContain('flatMap is asynchronous');
  expect(refusal(s => s.keyBy('user').aggregate({ n: 'sum' }))).toContain("'n' is no aggregate");
  expect(refusal(s => s.write('out'))).toContain('write takes a sink');
  expect(refusal(s => s.top(0, 'amount'))).toContain('top takes a whole number above 0, not 0.');
});

test('a folder that is written twice, or lies in another', () => {
  const written = (...folders: string[]): string => refusal(s => void folders.map(folder => s.write(to.csv(folder))));
  expect(written('a', 'b', 'parent/c', 'parent/d', '/abs/e')).toBe('accepted');
  expect(written('a', 'ab', '../a')).toBe('accepted');
  expect(written('a', './b/../a/')).toContain("two collections are written to './b/../a/'");
  expect(written('a', 'a/b')).toBe("'a/b' lies inside 'a', which is written too: put them side by side in a common parent.");
  expect(written('/a/b/c', '/a/b')).toContain("'/a/b/c' lies inside '/a/b'");
  expect(written('a', '.')).toContain("'a' lies inside '.'");
});

test('nothing written, a keyed one written, and one of another job', () => {
  expect(refusal(() => undefined)).toBe("plan writes nothing: end a collection with .write(to.csv('folder')).");
  expect(refusal(s => s.keyBy('user').write(out))).toBe('write is for collections: say entries() or rows() of a keyed one first.');
  let other: Loose;
  refusal(s => {
    other = s;
  });
  expect(refusal(s => s.union(other))).toContain('this one is of another job');
  expect(refusal(s => s.keyBy('user').join(other.keyBy('user')))).toContain('this one is of another job');
  expect(refusal(() => other.write(out))).toContain('this collection is of another job');
  expect(refusal(s => s.union(s.keyBy('user')))).toContain('say entries() or rows() of a keyed one');
});

test('names of a key that are not as many as its parts', () => {
  const rows = (names: unknown) => refusal(s => s.keyBy(['user', 'day']).sum('amount').rows(names, 'n').write(out));
  expect(rows(['user'])).toBe('rows: the key has 2 parts, but there is 1 name.');
  expect(rows(['a', 'b', 'c'])).toBe('rows: the key has 2 parts, but there are 3 names.');
  expect(rows(['user', 'day'])).toBe('accepted');
  expect(rows('both')).toBe('accepted');
  expect(refusal(s => s.keyBy('user').sum('amount').rows('n', 'n'))).toBe("rows: there would be two columns 'n'.");
});

/** The message with which a bundled job whose plan ends with `text` is refused. */
async function bundled(text: string): Promise<string> {
  const job = `import { defineJob, from, to } from 'sheaf';
export default defineJob({ name: 'x', plan({ read }) {
  const sales = read(from.csv('s', { user: 'integer', category: 'text' }));
  ${text}
} });
`;
  const folder = await jobFolder({ 'job.ts': job });
  const bundle = await bundleJob(join(folder.path, 'job.ts'), { cacheFolder: null });
  const opened = await loadJob(bundle, join(folder.path, 'loaded'));
  try {
    opened.compile(undefined);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message.replaceAll(`${folder.path}/`, '');
  }
  return 'accepted';
}

test('through a bundle each names the line of its operator', async () => {
  expect(await bundled("sales.keyBy('usr');")).toBe("job.ts:4:9: job 'x': keyBy: there is no column 'usr'. Did you mean 'user'?");
  expect(await bundled("sales.keyBy('user')\n    .sum('category');")).toMatch(/^job\.ts:5:6: job 'x': sum: column 'category' is no number/);
  expect(await bundled("sales.write(to.csv('a'));\n  sales.write(to.csv('a/b'));")).toMatch(
    /^job\.ts:5:9: job 'x': 'a\/b' lies inside 'a'/,
  );
  expect(await bundled('')).toMatch(/^job\.ts:2:16: job 'x': plan writes nothing/);
});

test('records that are sent more ways than there is memory for', async () => {
  const counts = (ways: number) => (s: Loose) => {
    for (let way = 0; way < ways; way++) {
      s.keyBy((r: Loose) => r.user % way)
        .count()
        .entries()
        .write(to.jsonl(`out/${way}`));
    }
  };
  expect(refusal(counts(14))).toBe('accepted');
  expect(refusal(counts(15))).toBe(
    "stage 'read' sends its records 15 ways, for which settings.memoryMb (64) is too small: raise it to 66 or more",
  );
  expect(
    await bundled(`const large = sales.filter(r => r.user > 7);
  for (let way = 0; way < 20; way++) large.keyBy(r => r.user % way).count().entries().write(to.jsonl('out/' + way));`),
  ).toMatch(/^job\.ts:4:23: job 'x': stage 'read' sends its records 20 ways, for which settings\.memoryMb \(64\) is too small/);
});

test('a loop with more rounds than a job has room for', () => {
  const rounds = (count: number) => (s: Loose) => {
    let totals = s.keyBy('user').sum('amount');
    for (let round = 0; round < count; round++) totals = totals.mapValues((amount: number) => amount / 2).reduce(Math.max);
    totals.rows('user', 'amount').write(out);
  };
  expect(refusal(rounds(198))).toBe('accepted');
  expect(refusal(rounds(199))).toBe(
    'the plan has 201 stages and 200 shuffles, a job at most 200 stages and 1000 shuffles: give a loop fewer rounds, or run the job several times.',
  );
});
