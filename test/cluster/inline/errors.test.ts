// How a job fails: the code, the words, the record with its place, the job's own line; and nothing is left behind.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { from, mapReduce, type Schema, sum, to } from '@sheaf/job';
import type { Failure } from '@sheaf/protocol';
import { describe, expect, test } from 'vitest';
import { type RunJobOptions, runJob } from './run-job.ts';

// biome-ignore lint/suspicious/noExplicitAny: most of these jobs are wrong on purpose.
type Any = any;

const here = fileURLToPath(import.meta.url);
const lines = Array.from({ length: 200 }, (_, i) => `line ${i}`);
const file = `${lines.join('\n')}\n`;
/** The 151st line lies in the second split. */
const wrong = 'line 150';
const wrongAt = file.indexOf(wrong);
const passing: Schema<Any> = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } as Any };

/** Counts lines, but for what the test changes. */
function jobOf(changes: object): unknown {
  return mapReduce({
    name: 'failing',
    settings: { memoryMb: 16 },
    input: from.text('in.txt'),
    map: (line: string) => [[line, 1]],
    reduce: (line: string, counts: Iterable<number>) => [[line, [...counts].length]],
    output: to.jsonl('out'),
    ...changes,
  } as Any);
}

/** Runs a job that must fail; `folder/` stands for the run's folder. */
async function failureOf(job: unknown, options: RunJobOptions = {}): Promise<Failure> {
  const before = readdirSync('/proc/self/fd').length;
  const { status, left, outputs, folder } = await runJob(job, { files: { 'in.txt': file }, jobFile: here, ...options });
  expect(status.state).toBe('failed');
  expect(left).toEqual([]);
  expect([...outputs.values()].map(parts => parts.size)).toEqual([...outputs.keys()].map(() => 0));
  expect(readdirSync('/proc/self/fd').length).toBe(before);
  return JSON.parse(JSON.stringify(status.error).replaceAll(`${folder}/`, 'folder/'));
}

function fail(thrown: unknown): never {
  throw thrown;
}

const atLine = { file: 'folder/in.txt', offset: wrongAt, preview: wrong };
const at = (of: (line: string) => unknown): object => ({ map: (line: string) => [line === wrong ? of(line) : [line, 1]] });

describe('a record of the input', () => {
  test('with a key that is none', async () => {
    expect(await failureOf(jobOf(at(() => [undefined, 1])))).toEqual({
      code: 'E_BAD_KEY',
      message: 'key is undefined; a key is a string, finite number, bigint, boolean, null, Date, Uint8Array, or an array of these',
      record: atLine,
    });
    expect(await failureOf(jobOf({ ...at(() => [['a', [Number.NaN]], 1]), combine: sum }))).toMatchObject({
      code: 'E_BAD_KEY',
      message: expect.stringMatching(/^key\[1\]\[0\] is NaN;/),
      record: atLine,
    });
  });

  test('with a value that cannot be carried', async () => {
    for (const combine of [undefined, (a: unknown) => a]) {
      expect(await failureOf(jobOf({ ...at(() => ['k', { f: [() => 1] }]), combine }))).toMatchObject({
        code: 'E_BAD_VALUE',
        message: expect.stringMatching(/^value\.f\[0\] is a function/),
        record: atLine,
      });
    }
  });

  test('on which a function throws: its class, text and line', async () => {
    const failure = await failureOf(jobOf(at(() => fail(new RangeError('out of ideas')))));
    expect(failure).toMatchObject({ code: 'E_USER_CODE', message: 'RangeError: out of ideas', record: atLine });
    expect(failure.stack).toMatch(/errors\.test\.ts:\d+:\d+/);
    const generator = {
      *map(line: string): Iterable<[string, number]> {
        yield [line, 1];
        if (line === wrong) throw new Error('late');
      },
    };
    expect(await failureOf(jobOf(generator))).toMatchObject({ code: 'E_USER_CODE', message: 'Error: late', record: atLine });
    const mapEmit = (line: string, emit: (key: string, value: number) => void): void => {
      if (line === wrong) throw new Error('emit');
      emit(line, 1);
    };
    expect(await failureOf(jobOf({ map: undefined, mapEmit }))).toMatchObject({ message: 'Error: emit', record: atLine });
  });

  test.each([
    ['text', 'the job threw a string: text'],
    [{ no: 'error' }, 'the job threw object: {"no":"error"}'],
    [undefined, 'the job threw undefined: undefined'],
    [5n, 'the job threw bigint'],
  ])('on which a function throws %o', async (thrown, message) => {
    expect(await failureOf(jobOf(at(() => fail(thrown))))).toEqual({ code: 'E_USER_CODE', message, record: atLine });
  });

  test.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [7, 'a number'],
    ['text', 'a string'],
    [Promise.resolve([]), 'a promise: functions of a job are synchronous per record'],
  ])('for which map gives %o', async (given, what) => {
    const message = `TypeError: map must give an iterable of records (yield them, or return an array), but gave ${what}`;
    expect(await failureOf(jobOf({ map: (line: string) => (line === wrong ? given : []) }))).toEqual({
      code: 'E_USER_CODE',
      message,
      record: atLine,
    });
  });

  test('for which map gives no pair', async () => {
    expect(await failureOf(jobOf(at(() => 'ab')))).toEqual({
      code: 'E_USER_CODE',
      message: 'TypeError: a pair [key, value] was expected, but map gave a string',
      record: atLine,
    });
    expect(await failureOf(jobOf(at(() => ({ key: 1 }))))).toMatchObject({ code: 'E_USER_CODE', record: atLine });
  });

  test('that cannot be decoded, or is refused by its schema', async () => {
    const jsonl = lines.map((line, i) => (i === 150 ? '{"broken' : JSON.stringify({ line })));
    const content = `${jsonl.join('\n')}\n`;
    const record = { file: 'folder/in.jsonl', offset: content.indexOf('{"broken'), preview: '{"broken' };
    const job = jobOf({ input: from.jsonl('in.jsonl', passing), map: () => [] });
    expect(await failureOf(job, { files: { 'in.jsonl': content } })).toMatchObject({
      code: 'E_BAD_RECORD',
      message: expect.stringMatching(/^is no JSON: /),
      record,
    });
    const csv = 'user,amount\na,1\nb,x\n';
    const rows = jobOf({ input: from.csv('in.csv', { user: 'text', amount: 'number' }), map: () => [] });
    expect(await failureOf(rows, { files: { 'in.csv': csv } })).toMatchObject({
      code: 'E_BAD_RECORD',
      record: { file: 'folder/in.csv', offset: 16, preview: 'b,x' },
    });
    const validate = (value: unknown): object =>
      (value as { line: string }).line === wrong ? { issues: [{ message: 'not this one', path: ['line'] }] } : { value };
    const picky: Schema<Any> = { '~standard': { version: 1, vendor: 'test', validate } as Any };
    const good = `${lines.map(line => JSON.stringify({ line })).join('\n')}\n`;
    expect(await failureOf(jobOf({ input: from.jsonl('in.jsonl', picky), map: () => [] }), { files: { 'in.jsonl': good } })).toMatchObject({
      code: 'E_BAD_RECORD',
      message: 'line: not this one',
      record: { file: 'folder/in.jsonl', offset: good.indexOf(wrong) - 9 },
    });
  });

  test('in a packed file is named by its unpacked offset', async () => {
    const failure = await failureOf(jobOf({ ...at(() => [undefined, 1]), input: from.text('*.gz') }), {
      files: { 'in.gz': gzipSync(file) },
    });
    expect(failure).toMatchObject({ code: 'E_BAD_KEY', record: { ...atLine, file: 'folder/in.gz' } });
  });

  test('that is an item is named by its index', async () => {
    const job = jobOf({
      input: from.items(['a', 'b', { c: 1n }]),
      map: (item: unknown) => [[typeof item === 'string' ? item : () => 1, 1]],
    });
    expect(await failureOf(job)).toMatchObject({ code: 'E_BAD_KEY', record: { file: 'items', offset: 2, preview: '{"c":"1n"}' } });
  });

  test('over a quarter of the memory is named by its beginning', async () => {
    const content = `first\n${'x'.repeat(5_000_000)}\nlast\n`;
    expect(await failureOf(jobOf({}), { files: { 'in.txt': content } })).toEqual({
      code: 'E_RECORD_TOO_LARGE',
      message: 'a record is larger than 4194304 bytes, a quarter of settings.memoryMb: raise settings.memoryMb',
      record: { file: 'folder/in.txt', offset: 6, preview: 'x'.repeat(200) },
    });
  });

  test('whose key or value is too large for the shuffle', async () => {
    expect(await failureOf(jobOf(at(() => ['k'.repeat(70_000), 1])))).toMatchObject({
      code: 'E_KEY_TOO_LARGE',
      message: expect.stringMatching(/^key is over 65536 encoded bytes;/),
      record: atLine,
    });
    for (const combine of [undefined, (a: string, b: string) => a + b]) {
      expect(await failureOf(jobOf({ ...at(() => ['k', 'v'.repeat(4_200_000)]), combine }))).toEqual({
        code: 'E_RECORD_TOO_LARGE',
        message:
          "a record that is sent to stage 'reduce' is over 4194304 bytes, what settings.memoryMb leaves for one: raise memoryMb, or send less",
        record: atLine,
      });
    }
  });
});

describe('a group', () => {
  const failing = (of: (line: string, counts: Iterable<number>) => unknown): object => ({ reduce: of, reducers: 1 });

  test('on which reduce throws is named by its key and the value it was at', async () => {
    const many = { map: (line: string) => [[line.slice(0, 6), line]], reducers: 1 };
    const reduce = function* (key: string, values: Iterable<string>): Iterable<unknown> {
      for (const value of values) if (value === wrong) throw new Error(`at ${value}`);
      yield key;
    };
    // 'line 1', 'line 10' … 'line 19', then 'line 100' and on: the file's order.
    const index = lines.filter(line => line.startsWith('line 1')).indexOf(wrong);
    expect(await failureOf(jobOf({ ...many, reduce }))).toMatchObject({
      code: 'E_USER_CODE',
      message: `Error: at ${wrong}`,
      record: { key: '"line 1"', valueIndex: index },
    });
  });

  test.each([undefined, null, 5, 'text'])('for which reduce gives %o', async given => {
    expect(await failureOf(jobOf(failing(line => (line === wrong ? given : []))))).toMatchObject({
      code: 'E_USER_CODE',
      message: expect.stringMatching(/^TypeError: reduce must give an iterable of records/),
      record: { key: `"${wrong}"`, valueIndex: 0 },
    });
  });

  test('whose record the sink cannot write', async () => {
    expect(await failureOf(jobOf(failing(line => [[line, line === wrong ? Number.NaN : 1]])))).toMatchObject({
      code: 'E_BAD_OUTPUT_RECORD',
      record: { key: `"${wrong}"`, valueIndex: 0, preview: `["${wrong}",null]` },
    });
    const csv = { ...failing(line => [line === wrong ? { other: 1 } : { line }]), output: to.csv('out') };
    expect(await failureOf(jobOf(csv))).toMatchObject({
      code: 'E_BAD_OUTPUT_RECORD',
      record: { key: `"${wrong}"`, preview: '{"other":1}' },
    });
    expect(await failureOf(jobOf({ ...at(() => ({ n: Number.POSITIVE_INFINITY })), reduce: undefined }))).toMatchObject({
      code: 'E_BAD_OUTPUT_RECORD',
      record: { ...atLine, preview: '{"n":null}' },
    });
  });

  test('whose values are read twice, or late', async () => {
    const twice = failing((_, counts) => [[...counts].length, [...counts].length]);
    expect(await failureOf(jobOf(twice))).toMatchObject({
      code: 'E_USER_CODE',
      message: expect.stringMatching(/^TypeError: the values of a group can be read once/),
    });
    let kept: Iterator<number> | null = null;
    const late = failing((_, counts) => {
      kept?.next();
      kept = counts[Symbol.iterator]();
      return [];
    });
    expect(await failureOf(jobOf(late))).toMatchObject({
      code: 'E_USER_CODE',
      message: 'TypeError: the values of a group cannot be read after its reduce has ended',
    });
  });
});

describe('the other functions of a job', () => {
  test('partition out of range, and throwing: the key is named, and no record of another', async () => {
    for (const [given, text] of [
      [7, '7'],
      [-1, '-1'],
      [0.5, '0.5'],
      ['0', 'string'],
      [undefined, 'undefined'],
    ] as const) {
      expect(await failureOf(jobOf({ partition: (key: string) => (key === wrong ? given : 0), reducers: 3 }))).toEqual({
        code: 'E_PARTITION',
        message: `partition("${wrong}", 3) gave ${text}; it must give an integer from 0 to 2`,
        record: { key: `"${wrong}"` },
      });
    }
    const partition = (key: string): number => {
      if (key === wrong) throw new Error('no place');
      return 0;
    };
    expect(await failureOf(jobOf({ partition }))).toMatchObject({
      code: 'E_USER_CODE',
      message: 'Error: no place',
      record: { key: `"${wrong}"` },
      stack: expect.stringMatching(/errors\.test\.ts/),
    });
  });

  test('combine throwing, while mapping and in the merge', async () => {
    const same = { map: (line: string) => [['k', line]], reducers: 1 };
    const combine = (a: string, b: string): string => {
      if (b === wrong) throw new Error('mapping');
      return a;
    };
    expect(await failureOf(jobOf({ ...same, combine }))).toMatchObject({ message: 'Error: mapping', record: atLine });
    // Each of two tasks has folded its lines; their partials meet in the merge.
    const merging = (a: string, b: string): string => {
      if (a.length > 3 && b.length > 3) throw new Error('merging');
      return a.slice(0, 3);
    };
    const marked = {
      map: (line: string) => [['k', line === 'line 0' || line === 'line 199' ? 'long' : 'x']],
      combine: (a: string, b: string) => (a === 'long' && b === 'long' ? merging(a, b) : a === 'long' || b === 'long' ? 'long' : a),
    };
    expect(await failureOf(jobOf({ ...same, ...marked }))).toMatchObject({
      message: 'Error: merging',
      record: { key: '"k"', valueIndex: 0 },
    });
  });

  test('combine: sum of what is no number', async () => {
    const texts = { map: () => [['k', '5']], combine: sum };
    expect(await failureOf(jobOf(texts))).toMatchObject({
      code: 'E_USER_CODE',
      message: 'TypeError: sum folds numbers, but a value is a string',
    });
    const { status, parts } = await runJob(
      jobOf({ map: () => [['k', 2n ** 70n]], combine: sum, reducers: 1, reduce: (k: string, v: Iterable<bigint>) => [[k, ...v]] }),
      { files: { 'in.txt': file } },
    );
    expect(status.error).toBeNull();
    expect(String(parts.get('part-00000.jsonl'))).toBe(`["k",${200n * 2n ** 70n}]\n`);
  });

  test('sortValuesBy a column of what has none', async () => {
    const sorting = { map: (line: string) => [['k', line === wrong ? null : { n: 1 }]], sortValuesBy: 'n' };
    // In a bundle the frames of `sortValuesBy` are frames of the job.
    const jobFile = join(dirname(here), '../../../packages/job/src/compile/sort-values.ts');
    expect(await failureOf(jobOf(sorting), { jobFile })).toMatchObject({
      code: 'E_USER_CODE',
      message: "TypeError: sortValuesBy: 'n' is no column of a value that is null",
      record: atLine,
    });
    expect(await failureOf(jobOf({ map: () => [['k', {}]], sortValuesBy: 'n' }))).toMatchObject({
      code: 'E_BAD_KEY',
      message: expect.stringMatching(/^key is undefined;/),
    });
  });

  test('mapEnd and reduceEnd: no record is named', async () => {
    const throwing = (): never => fail(new Error('at the end'));
    for (const changes of [{ mapEnd: throwing }, { reduceEnd: throwing }]) {
      const failure = await failureOf(jobOf(changes));
      expect(failure).toMatchObject({ code: 'E_USER_CODE', message: 'Error: at the end' });
      expect(failure.record).toBeUndefined();
    }
    expect(await failureOf(jobOf({ mapEnd: () => 5 }))).toMatchObject({
      code: 'E_USER_CODE',
      message: 'TypeError: mapEnd must give an iterable of records (yield them, or return an array), but gave a number',
    });
    expect(await failureOf(jobOf({ reduceEnd: () => null }))).toMatchObject({
      message: expect.stringMatching(/^TypeError: reduceEnd must give/),
    });
    expect(await failureOf(jobOf({ mapEnd: () => [[Number.NaN, 1]] }))).toMatchObject({
      code: 'E_BAD_KEY',
      message: expect.stringMatching(/^key is NaN/),
    });
  });

  test("setup and teardown: what is rejected from afar is the job's too, and the first error is told", async () => {
    const { readFile } = await import('node:fs/promises');
    expect(await failureOf(jobOf({ setup: () => readFile('/no/such/file') }))).toMatchObject({
      code: 'E_USER_CODE',
      message: expect.stringMatching(/^Error: ENOENT/),
    });
    const teardown = (): never => fail(new Error('in teardown'));
    expect(await failureOf(jobOf({ teardown }))).toMatchObject({ code: 'E_USER_CODE', message: 'Error: in teardown' });
    expect(await failureOf(jobOf({ map: () => fail(new Error('in map')), teardown }))).toMatchObject({ message: 'Error: in map' });
  });

  test('too many counters', async () => {
    const map = (line: string, context: Any): [] => {
      for (let i = 0; i < 10; i++) context.count(`${line}/${i}`);
      return [];
    };
    expect(await failureOf(jobOf({ map }))).toMatchObject({ code: 'E_TOO_MANY_COUNTERS', record: { file: 'folder/in.txt' } });
    expect(
      await failureOf(
        jobOf({
          map: (_: string, context: Any) => {
            context.count('');
            return [];
          },
        }),
      ),
    ).toMatchObject({ code: 'E_USER_CODE', message: expect.stringMatching(/^TypeError: count: the name of a counter/) });
  });
});

describe('a map output', () => {
  /** Does something to the run of the second map task when all maps are done. */
  const between = (change: (path: string) => void): RunJobOptions => {
    let done = false;
    return {
      onStatus: ({ stages: [map] }, folder) => {
        if (done || map?.done !== map?.total) return;
        done = true;
        change(join(folder, '.work/0-1/edge-0.run'));
      },
    };
  };

  test('that is damaged or gone: whose it was is told', async () => {
    const flip = (path: string): void => {
      const bytes = readFileSync(path);
      bytes[300] = bytes[300]! ^ 1;
      writeFileSync(path, bytes);
    };
    const lost = { stage: 0, task: 1, attempt: expect.stringMatching(/./) };
    expect(await failureOf(jobOf({}), between(flip))).toEqual({
      code: 'E_CORRUPT',
      message: 'folder/.work/0-1/edge-0.run: a block fails its checksum',
      lost,
    });
    expect(
      await failureOf(
        jobOf({}),
        between(path => rmSync(path)),
      ),
    ).toEqual({
      code: 'E_MAP_OUTPUT_LOST',
      message: 'folder/.work/0-1/edge-0.run: the run file is not there',
      lost,
    });
  });
});
