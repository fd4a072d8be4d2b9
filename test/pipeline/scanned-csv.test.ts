// A csv with line breaks inside quotes is read in splits, and gives what it gives when one task reads it.

import { fc, test } from '@fast-check/vitest';
import { type CompiledJob, type Decided, scannable } from '@sheaf/job/open';
import { agg, defineJob, from, mapReduce, to } from 'sheaf';
import { describe, expect } from 'vitest';
import { type RanJob, runJob } from '../cluster/inline/run-job.ts';

const cell = fc.constantFrom('', 'plain', 'two\nlines', 'quoted, "twice"', '"', 'line\r\nbreak\r\n', 'é', 'a\n\nb');
const row = fc.tuple(fc.constantFrom('ann', 'bob', 'cy\nd'), fc.nat(50), cell);
const rows = fc.array(row, { minLength: 1, maxLength: 120, size: 'max' });

function csvOf(records: readonly (readonly [string, number, string])[]): string {
  const spelled = (value: string | number): string => (/[",\r\n]/.test(`${value}`) ? `"${`${value}`.replaceAll('"', '""')}"` : `${value}`);
  const body = records.map(of => `${of.map(spelled).join(',')}\n`).join('');
  return `user,amount,note\n${body.repeat(Math.ceil(200_000 / body.length))}`;
}

/** Several splits of a file, each begins in the middle of something. */
const settings = { splitMb: 0.0625 };
const columns = { user: 'text', amount: 'integer', note: 'text' } as const;

const copied = (onError?: 'skip') =>
  defineJob({
    name: 'copied',
    settings,
    ...(onError === undefined ? {} : { onError: { skip: { maxCount: 1_000 }, deadLetter: 'letters' } }),
    plan({ read }) {
      read(from.csv(['in/*.csv'], columns))
        .map(({ user, amount, note }) => ({ user, amount, note }))
        .write(to.jsonl('out'));
    },
  });

function textOf({ outputs }: RanJob, folder: string): string {
  return [...(outputs.get(folder)?.values() ?? [])].map(part => part.toString()).join('');
}

/** Both ways: in splits of the scan, and each file by one task. */
async function bothWays(job: unknown, files: { readonly [path: string]: string }): Promise<readonly [RanJob, RanJob]> {
  const decide = ({ graph }: CompiledJob): Decided => ({
    checkpoints: {},
    joins: {},
    scans: scannable(graph).map(paths => JSON.stringify(paths)),
  });
  return [await runJob(job, { files, decide }), await runJob(job, { files })];
}

describe('a csv that is scanned and cut', () => {
  test.prop([rows, rows], { numRuns: 5 })('gives its rows, in order', async (one, other) => {
    const [cut, whole] = await bothWays(copied(), { 'in/a.csv': csvOf(one), 'in/b.csv': csvOf(other) });
    expect(cut.status.state).toBe('succeeded');
    expect(textOf(cut, 'out')).toBe(textOf(whole, 'out'));
    expect(cut.parts.size).toBeGreaterThan(whole.parts.size);
  });

  test.prop([rows], { numRuns: 4 })('folds its columns without making records', async records => {
    const job = defineJob({
      name: 'folded',
      settings,
      plan({ read }) {
        read(from.csv('in/a.csv', columns))
          .keyBy('user')
          .aggregate({ n: agg.count(), sum: agg.sum('amount') })
          .entries()
          .write(to.jsonl('out'));
      },
    });
    const [cut, whole] = await bothWays(job, { 'in/a.csv': csvOf(records) });
    const linesOf = (ran: RanJob): string[] => textOf(ran, 'out').split('\n').sort();
    expect(linesOf(cut)).toEqual(linesOf(whole));
  });

  test.prop([rows], { numRuns: 4 })('is one of several inputs of a mapReduce', async records => {
    const job = mapReduce({
      name: 'inputs',
      settings,
      inputs: [
        from.csv('in/a.csv', columns).map(({ user, note }) => [user, note.length] as const),
        from.text('in/b.txt').map(line => [line, 1] as const),
      ],
      reduce: (key, values) => [[key, [...values]]],
      output: to.jsonl('out'),
    });
    const [cut, whole] = await bothWays(job, { 'in/a.csv': csvOf(records), 'in/b.txt': 'ann\nbob\n'.repeat(40) });
    const linesOf = (ran: RanJob): string[] => textOf(ran, 'out').split('\n').sort();
    expect(linesOf(cut)).toEqual(linesOf(whole));
  });

  test.prop([rows, fc.nat(100)], { numRuns: 4 })('leaves out its bad rows, with their places', async (records, at) => {
    const lines = csvOf(records).split('\n');
    lines.splice(1 + (at % lines.length), 0, 'bad"row,1,x', 'too,few');
    const files = { 'in/a.csv': lines.join('\n') };
    const [cut, whole] = await bothWays(copied('skip'), files);
    expect([cut.status.state, cut.status.error?.message]).toEqual([whole.status.state, whole.status.error?.message]);
    expect(textOf(cut, 'out')).toBe(textOf(whole, 'out'));
    const lettersOf = (ran: RanJob): unknown[] =>
      textOf(ran, 'letters')
        .split('\n')
        .filter(line => line !== '')
        .map(line => {
          const { file, ...letter } = JSON.parse(line) as { readonly file: string; readonly task?: unknown };
          return { ...letter, file: file.slice(file.lastIndexOf('/')), task: null, stage: null };
        });
    expect(lettersOf(cut)).toEqual(lettersOf(whole));
  });
});
