// Answers: what `plan` returns comes back with the last status, in the caller's types, and not beyond a limit.

import { type Answers, defineJob, type Flow, from, to } from 'sheaf';
import { expect, test } from 'vitest';
import { answerText, answerValues, statusText } from '../../packages/sheaf/src/cli/answer-values.ts';
import { type RanJob, runJob } from '../cluster/inline/run-job.ts';

const lines = (count: number): string => Array.from({ length: count }, (_, at) => `${at}\n`).join('');

function answering(plan: (flow: Flow<unknown>) => Answers, files: { readonly [path: string]: string }): Promise<RanJob> {
  return runJob(defineJob({ name: 'test', settings: { splitMb: 0.0625 }, plan }), { files });
}

test.each([0, 1, 3, 50_000])('count, first and collect of %i records', async count => {
  const { status, left } = await answering(
    ({ read }) => {
      const all = read(from.text('in'));
      const some = all.filter(line => line.endsWith('00'));
      return {
        total: all.count(),
        head: all.first(5),
        some: some.collect(),
        sorted: some.sortBy({ by: line => Number(line), desc: true }).first(2),
      };
    },
    { 'in/a': lines(count), 'in/b': '' },
  );
  expect(status.error).toBe(null);
  const all = Array.from({ length: count }, (_, at) => String(at));
  const some = all.filter(line => line.endsWith('00'));
  expect(answerValues(status)).toEqual({ total: count, head: all.slice(0, 5), some, sorted: some.toReversed().slice(0, 2) });
  expect(left).toEqual([]);
});

test('types of values are kept, beside what is written; as text they are JSON', async () => {
  const value = { day: new Date(0), big: 10n ** 20n, bytes: new Uint8Array([1]), nan: Number.NaN };
  const { status, parts } = await answering(
    ({ read }) => {
      const all = read(from.text('in')).map(() => value);
      all.map(({ day }) => ({ day })).write(to.jsonl('out'));
      return { all: all.collect(), days: all.map(({ day }) => day).collect() };
    },
    { in: 'x\n' },
  );
  expect(answerValues(status)).toEqual({ all: [value], days: [new Date(0)] });
  expect([...parts.values()].join('')).toBe('{"day":"1970-01-01T00:00:00.000Z"}\n');
  expect(answerText([new Date(0), 10n])).toBe('["1970-01-01T00:00:00.000Z",10]');
  expect(JSON.parse(statusText(status)).answers.days).toEqual(['1970-01-01T00:00:00.000Z']);
});

test('a fold that is answered and joined is computed once', async () => {
  const { status } = await answering(
    ({ read }) => {
      const lengths = read(from.text('in')).countBy(line => line.length);
      const joined = lengths.join(read(from.text('in')).keyBy(line => line.length));
      return { lengths: lengths.entries().collect(), joined: joined.entries().count() };
    },
    { in: lines(20) },
  );
  const { lengths, joined } = answerValues(status) as { lengths: unknown[]; joined: number };
  expect([lengths.toSorted(), joined]).toEqual([
    [
      [1, 10],
      [2, 10],
    ],
    20,
  ]);
});

test('an answer that is too large is a failure, and nothing is published', async () => {
  const { status, left, parts } = await answering(
    ({ read }) => {
      const all = read(from.text('in')).map(line => line.repeat(100));
      all.write(to.text('out'));
      return { all: all.collect() };
    },
    { in: lines(20_000) },
  );
  expect(status).toMatchObject({ state: 'failed', error: { code: 'E_ANSWER_TOO_LARGE' } });
  expect(status.error?.message).toContain("the answer 'all' is over 1048576 bytes");
  expect([left, parts.size]).toEqual([[], 0]);
});

test.each([
  [() => 7, 'plan returns nothing, or answers by name'],
  [() => ({ a: 1 }), "'a' is no answer"],
  [({ read }: Flow<unknown>) => read(from.text('in')).count(), undefined],
])('what is no answer is refused', async (plan, message) => {
  const run = answering(plan as never, { in: 'x\n' });
  await expect(run).rejects.toThrow(message ?? 'plan writes nothing');
});
