// How many bad records a job may skip, to the record; what of a job is no record's fault and is never skipped; and what is left of
// a record that turned out to be bad on its way.

import { gzipSync } from 'node:zlib';
import { defineJob, from, mapReduce, type OnError, sum, to } from '@sheaf/job';
import { describe, expect, test } from 'vitest';
import { type RanJob, runJob } from './run-job.ts';

/** Lines `0 … count - 1`, of which those with a number in `bad` make the map throw. */
function numbers(skip: OnError['skip'], bad: readonly number[]) {
  return mapReduce({
    name: 'numbers',
    onError: { skip, deadLetter: 'bad' },
    input: from.text('in'),
    *map(line) {
      yield [Number(line) % 3, 1];
      if (bad.includes(Number(line))) throw new Error(`${line} is bad`);
    },
    combine: sum,
    *reduce(key, values) {
      yield { key, n: [...values].length };
    },
    output: to.jsonl('out'),
  });
}

function linesUpTo(count: number): { [path: string]: string } {
  return { 'in/a.txt': Array.from({ length: count }, (_, i) => `${i}\n`).join('') };
}

function letters(ran: RanJob, folder = 'bad'): { readonly [member: string]: unknown }[] {
  const parts = [...(ran.outputs.get(folder)?.values() ?? [])];
  return parts.flatMap(part => part.toString().split('\n').slice(0, -1)).map(line => JSON.parse(line));
}

describe('limits', () => {
  test('maxCount: as many pass, one more fails, and then nothing is visible', async () => {
    const passing = await runJob(numbers({ maxCount: 3 }, [1, 5, 7]), { files: linesUpTo(10) });
    expect(passing.status).toMatchObject({ state: 'succeeded', skipped: { records: 3 } });
    const failing = await runJob(numbers({ maxCount: 2 }, [1, 5, 7]), { files: linesUpTo(10) });
    expect(failing.status.state).toBe('failed');
    expect(failing.status.error).toMatchObject({
      code: 'E_TOO_MANY_SKIPPED',
      message: '3 of the first 10 records are bad, and onError.skip.maxCount allows 2. The first: Error: 1 is bad',
      record: { file: `${failing.folder}/in/a.txt`, offset: 2, line: 2, preview: '1' },
    });
    expect({ outputs: [...failing.outputs.values()].map(parts => parts.size), left: failing.left }).toEqual({ outputs: [0, 0], left: [] });
  });

  test('a task that is over maxCount by itself reads no further', async () => {
    const ran = await runJob(numbers({ maxCount: 0 }, [4]), { files: linesUpTo(1_000) });
    expect(ran.status).toMatchObject({ state: 'failed', stages: [{ records: 5 }, { done: 0 }] });
  });

  test('maxRatio: a share of all that is read, as it is written', async () => {
    const bad = Array.from({ length: 30 }, (_, i) => 3 * i);
    const passing = await runJob(numbers({ maxRatio: 0.29 }, bad.slice(1)), { files: linesUpTo(100) });
    expect(passing.status).toMatchObject({ state: 'succeeded', skipped: { records: 29 } });
    const failing = await runJob(numbers({ maxRatio: 0.29 }, bad), { files: linesUpTo(100) });
    expect(failing.status.error?.message).toContain(
      '30 of 100 records are bad, and onError.skip.maxRatio allows 0.29 of them. The first: Error: 0',
    );
    const both = await runJob(numbers({ maxRatio: 1, maxCount: 29 }, bad), { files: linesUpTo(100) });
    expect(both.status.error?.message).toContain('maxCount allows 29');
  });

  test('without a bad record there are no parts', async () => {
    const ran = await runJob(numbers({ maxCount: 0 }, []), { files: linesUpTo(10) });
    const { output, skipped } = ran.status;
    expect({ output, skipped }).toEqual({ output: [`${ran.folder}/out`], skipped: { records: 0, deadLetters: `${ran.folder}/bad` } });
    expect(ran.outputs.get('bad')?.size).toBe(0);
  });

  test('the folder is an output like others: one that exists is refused', async () => {
    const files = { ...linesUpTo(10), 'bad/part-00000.jsonl': '{}\n', 'bad/_SUCCESS': '{}' };
    await expect(runJob(numbers({ maxCount: 1 }, [1]), { files })).rejects.toThrow('the output exists');
    const ran = await runJob(numbers({ maxCount: 1 }, [1]), { files, overwrite: true });
    expect(letters(ran)).toMatchObject([{ record: '1', message: 'Error: 1 is bad' }]);
  });
});

describe('what is no fault of a record', () => {
  const skip = { maxRatio: 1 };
  const base = { name: 'j', onError: { skip, deadLetter: 'bad' }, input: from.text('in'), output: to.jsonl('out') } as const;
  const boom = (): never => {
    throw new Error('boom');
  };
  const pairs = function* (line: string): Generator<[number, number]> {
    yield [0, Number(line)];
  };
  const failing: readonly (readonly [string, unknown])[] = [
    [
      'reduce',
      mapReduce({
        ...base,
        map: pairs,
        *reduce() {
          yield boom();
        },
      }),
    ],
    [
      'combine',
      mapReduce({
        ...base,
        map: pairs,
        combine: boom,
        *reduce(key) {
          yield key;
        },
      }),
    ],
    ['setup', mapReduce({ ...base, setup: boom, map: pairs })],
    ['mapEnd', mapReduce({ ...base, map: pairs, mapEnd: boom })],
    [
      'partition',
      mapReduce({
        ...base,
        map: pairs,
        partition: boom,
        *reduce(key) {
          yield key;
        },
      }),
    ],
    [
      'a batch',
      defineJob({
        name: 'j',
        onError: base.onError,
        plan({ read }) {
          read(from.text('in')).mapBatch(2, boom).write(to.jsonl('out'));
        },
      }),
    ],
    [
      'a group',
      defineJob({
        name: 'j',
        onError: base.onError,
        plan({ read }) {
          read(from.text('in'))
            .keyBy(l => l)
            .group(boom)
            .write(to.jsonl('out'));
        },
      }),
    ],
    [
      'a map behind a group',
      defineJob({
        name: 'j',
        onError: base.onError,
        plan({ read }) {
          read(from.text('in')).countBy().entries().map(boom).write(to.jsonl('out'));
        },
      }),
    ],
  ];
  test.each(failing)('%s', async (_, job) => {
    const ran = await runJob(job, { files: linesUpTo(10) });
    expect(ran.status).toMatchObject({ state: 'failed', error: { code: 'E_USER_CODE', message: 'Error: boom' }, skipped: { records: 0 } });
    expect(ran.left).toEqual([]);
  });

  test('a header without a column: all rows of the file would be lost', async () => {
    const job = mapReduce({
      ...base,
      input: from.csv('in', { b: 'text' }),
      *map(row) {
        yield row;
      },
    });
    const ran = await runJob(job, { files: { 'in/a.csv': 'a\n1\n2\n' } });
    expect(ran.status).toMatchObject({ state: 'failed', error: { code: 'E_BAD_RECORD' } });
  });
});

describe('where bad records come from', () => {
  const onError = { skip: { maxRatio: 1 }, deadLetter: 'bad' } as const;
  const notB = (text: string): string => {
    if (text === 'b') throw new Error('a b');
    return text;
  };

  test('items, words and packed files', async () => {
    const job = defineJob({
      name: 'j',
      onError,
      plan({ read }) {
        read(from.items(['a', 'b', 'c']))
          .map(notB)
          .write(to.text('items'));
        read(from.text('words.txt').words()).map(notB).write(to.text('words'));
        read(from.text('lines.txt.gz')).map(notB).write(to.text('lines'));
      },
    });
    const files = { 'words.txt': 'a b\n\nb b c\n', 'lines.txt.gz': gzipSync(`${'a\n'.repeat(200_000)}b\nc\n`) };
    const ran = await runJob(job, { files });
    const text = (folder: string): string => [...(ran.outputs.get(folder)?.values() ?? [])].join('');
    expect([text('items'), text('words'), text('lines').length]).toEqual(['a\nc\n', 'a\nc\n', 400_002]);
    const places = letters(ran).map(({ file, offset, line, record }) => [String(file).replace(/^.*\//, ''), offset, line, record]);
    expect(places).toEqual([
      ['items', 1, null, '"b"'],
      ['words.txt', 0, 1, 'b'],
      ['words.txt', 5, 3, 'b'],
      ['words.txt', 5, 3, 'b'],
      ['lines.txt.gz', 400_000, 200_001, 'b'],
    ]);
  });

  test('the columns of a csv part are those of its first good record', async () => {
    const job = defineJob({
      name: 'j',
      onError,
      plan({ read }) {
        const rows = read(from.text('in')).map(line =>
          line === '0' ? { x: () => 0 } : { a: Number(line), b: line === '2' ? Number.NaN : 1 },
        );
        rows.write(to.csv('out'));
      },
    });
    const ran = await runJob(job, { files: linesUpTo(4) });
    expect([...ran.parts.values()].join('')).toBe('a,b\n1,1\na,b\n3,1\n');
    expect(letters(ran)).toMatchObject([
      { record: '0', code: 'E_BAD_OUTPUT_RECORD' },
      { record: '2', code: 'E_BAD_OUTPUT_RECORD' },
    ]);
  });

  test('a record that gives more than can be held back fails the job, and says what to do', async () => {
    const job = mapReduce({
      ...{ name: 'j', onError, settings: { memoryMb: 16 }, input: from.text('in'), output: to.text('out') },
      *map() {
        for (let i = 0; i < 400; i++) yield 'x'.repeat(100_000);
      },
    });
    const ran = await runJob(job, { files: linesUpTo(1) });
    expect(ran.status.error).toMatchObject({ code: 'E_RECORD_TOO_LARGE', message: expect.stringContaining('which onError holds back') });
  });
});

describe('numbers that Sheaf counts itself', () => {
  const onError = { skip: { maxRatio: 1 }, deadLetter: 'bad' } as const;
  /** Packed, as a plain file would be cut in two at another line. */
  const outcome = async (lines: readonly string[]): Promise<string[]> => {
    const job = defineJob({
      name: 'j',
      onError,
      plan({ read }) {
        const records = read(from.text('in'));
        const checked = (line: string): { line: string; left?: () => number } => (line === 'bad' ? { line, left: () => 0 } : { line });
        const thrown = (line: string): string => {
          if (line === 'bad') throw new Error('bad');
          return line;
        };
        records.map(checked).zipWithIndex().write(to.jsonl('indexed'));
        records.sample(0.5, 7).map(thrown).write(to.text('sampled'));
        records.top(3, line => (line === 'bad' ? (Number.NaN as number) : Number(line))).write(to.text('top'));
        records.map(checked).repartition(3).write(to.jsonl('dealt'));
      },
    });
    const ran = await runJob(job, { files: { 'in/a.txt.gz': gzipSync(lines.join('\n')) } });
    expect(ran.status.error).toBeNull();
    return ['indexed', 'sampled', 'top', 'dealt'].map(folder => [...(ran.outputs.get(folder)?.values() ?? [])].join('|'));
  };

  test('zipWithIndex, sample, top and repartition: as if the bad records had not been there', async () => {
    const good = Array.from({ length: 60 }, (_, i) => String(i));
    const mixed = good.flatMap((line, i) => (i % 4 === 0 ? ['bad', line] : i % 7 === 0 ? [line, 'bad', 'bad'] : [line]));
    expect(await outcome(mixed)).toEqual(await outcome(good));
  });
});
