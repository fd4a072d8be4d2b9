// The parts of a job that the oracle does not know: setup and teardown, what comes at the end of a task, the context, counters;
// and the ways a run may end.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Emit, from, mapReduce, max, min, pair, sum, to } from '@sheaf/job';
import type { JobStatus } from '@sheaf/protocol/messages';
import { describe, expect, test } from 'vitest';
import { type RanJob, runJob } from './run-job.ts';

// biome-ignore lint/suspicious/noExplicitAny: jobs are changed in all their parts here.
type Any = any;

const lines = Array.from({ length: 30 }, (_, i) => `k${i % 3} ${i}`);
const files = { 'in.txt': `${lines.join('\n')}\n` };

function jobOf(changes: object): unknown {
  return mapReduce({
    name: 'parts',
    settings: { memoryMb: 16 },
    input: from.text('in.txt'),
    map: (line: string) => [[line.slice(0, 2), Number(line.slice(3))]],
    reduce: (key: string, values: Iterable<number>) => [[key, [...values]]],
    reducers: 2,
    output: to.jsonl('out'),
    ...changes,
  } as Any);
}

async function succeeded(job: unknown, input: { readonly [path: string]: string | Uint8Array } = files): Promise<RanJob> {
  const ran = await runJob(job, { files: input });
  expect(ran.status.error).toBeNull();
  expect(ran.status.state).toBe('succeeded');
  expect(ran.left).toEqual([]);
  return ran;
}

const recordsOf = (parts: ReadonlyMap<string, Buffer>): Any[] =>
  [...parts.values()].flatMap(bytes => bytes.toString().split('\n').slice(0, -1)).map(line => JSON.parse(line));
const byKey = (parts: ReadonlyMap<string, Buffer>): Map<string, Any> => new Map(recordsOf(parts));

describe('a task', () => {
  test('sets up its state, which reaches every function, and tears it down', async () => {
    const told: string[] = [];
    const { parts } = await succeeded(
      jobOf({
        setup: async ({ params }: Any) => {
          told.push(`setup ${JSON.stringify(params)}`);
          await new Promise(resolve => setImmediate(resolve));
          return { add: 100, seen: 0 };
        },
        map(line: string, { state }: Any) {
          state.seen++;
          return [[line.slice(0, 2), Number(line.slice(3)) + state.add]];
        },
        reduce: (key: string, values: Iterable<number>, { state }: Any) => [[key, [...values].map(value => value - state.add)]],
        teardown: async (state: Any) => {
          await new Promise(resolve => setImmediate(resolve));
          told.push(`teardown ${state.seen}`);
        },
      }),
    );
    // The file of one split is halved at its middle by bytes.
    expect(told).toEqual([
      'setup {}',
      expect.stringMatching(/^teardown 1\d$/),
      'setup {}',
      expect.stringMatching(/^teardown 1\d$/),
      'setup {}',
      'teardown 0',
      'setup {}',
      'teardown 0',
    ]);
    expect(byKey(parts).get('k1')).toEqual([1, 4, 7, 10, 13, 16, 19, 22, 25, 28]);
  });

  test('may give more at its end: pairs after the last record, records after the last group', async () => {
    const held = (): Any => ({ setup: () => ({ lines: 0, groups: 0 }) });
    const { parts } = await succeeded(
      jobOf({
        ...held(),
        map(_: string, { state }: Any) {
          state.lines++;
          return [];
        },
        *mapEnd({ state }: Any) {
          yield ['lines', state.lines];
        },
        reduce(key: string, values: Iterable<number>, { state }: Any) {
          state.groups++;
          return [[key, [...values].reduce((a, b) => a + b)]];
        },
        reduceEnd: ({ state, task }: Any) => [[`groups of ${task.stage} ${task.index}`, state.groups]],
      }),
    );
    const sums = byKey(parts);
    expect(sums.get('lines')).toBe(30);
    expect(sums.get('groups of reduce 0') + sums.get('groups of reduce 1')).toBe(1);
    // The last record of each part.
    for (const bytes of parts.values()) expect(recordsOf(new Map([['', bytes]])).at(-1)[0]).toMatch(/^groups/);
  });

  test('mapEnd comes once a task, also behind several inputs and without records', async () => {
    const inputs = [from.text('in.txt').map(line => pair(line, 1)), from.items<string>([]).map(item => pair(item, 1))];
    const { parts } = await succeeded(
      jobOf({ input: undefined, map: undefined, inputs, mapEnd: ({ task }: Any) => [['ended', task.index]] }),
    );
    expect(byKey(parts).get('ended')).toEqual([0, 1]);
    expect(recordsOf(parts).length).toBe(31);
  });

  test('map-only jobs end with mapEnd too', async () => {
    const { parts } = await succeeded(
      jobOf({ map: (line: string) => [line], reduce: undefined, reducers: undefined, mapEnd: () => ['end'], output: to.text('out') }),
    );
    const texts = [...parts].map(([name, bytes]) => [name, bytes.toString().split('\n').at(-2)]);
    expect(texts).toEqual([
      ['part-00000.txt', 'end'],
      ['part-00001.txt', 'end'],
    ]);
  });

  test('mapEmit gives what map gives', async () => {
    const mapEmit = (line: string, emit: Emit<[string, number]>): void => emit(line.slice(0, 2), Number(line.slice(3)));
    const [yielded, emitted] = [await succeeded(jobOf({})), await succeeded(jobOf({ map: undefined, mapEmit }))];
    expect(emitted.parts).toEqual(yielded.parts);
  });

  test.each([
    ['sum', sum, 145],
    ['min', min, 1],
    ['max', max, 28],
    ['Math.max', Math.max, 28],
  ])('combine: %s', async (_, combine, expected) => {
    const { parts, status } = await succeeded(jobOf({ combine, reduce: (key: string, values: Iterable<number>) => [[key, [...values]]] }));
    expect(byKey(parts).get('k1')).toEqual([expected]);
    expect(status.counters['map.combinedRecords']).toBe(30 - 6);
  });
});

describe('the context', () => {
  test('says where a record is', async () => {
    const places = (record: Any, { where }: Any): Any[] => [[typeof record === 'string' ? record : JSON.stringify(record), { ...where }]];
    const base = { map: places, reduce: undefined, reducers: undefined };
    const text = await succeeded(jobOf(base));
    let offset = 0;
    for (const [line, where] of recordsOf(text.parts)) {
      expect(where.offset).toBe(offset);
      expect(where.file).toBe(join(text.folder, 'in.txt'));
      offset += line.length + 1;
    }
    const packed = await succeeded(jobOf({ ...base, input: from.text('*.gz') }), {
      'a.gz': gzipSync('\ufeffone\r\ntwo'),
      'b.gz': gzipSync('three'),
    });
    expect(recordsOf(packed.parts).map(([line, { file, offset: at, record }]) => [line, file.slice(-4), at, record])).toEqual([
      ['one', 'a.gz', 3, 0],
      ['two', 'a.gz', 8, 1],
      // Two splits at least, so b.gz is another task's.
      ['three', 'b.gz', 0, 0],
    ]);
    const items = await succeeded(jobOf({ ...base, input: from.items(['x', 'y', 'z'], { perTask: 2 }) }));
    expect(recordsOf(items.parts).map(([item, { file, offset: at }]) => [item, file, at])).toEqual([
      ['x', 'items', 0],
      ['y', 'items', 1],
      ['z', 'items', 2],
    ]);
  });

  test('counts and logs', async () => {
    const { status, logged } = await succeeded(
      jobOf({
        map(line: string, context: Any) {
          context.count('lines');
          context.count('bytes', line.length);
          if (line === 'k0 0') context.log.info('the first');
          return [[line.slice(0, 2), 1]];
        },
        reduce(key: string, _: Iterable<number>, context: Any) {
          context.count('lines', 1000);
          context.log.warn(`group ${key}`, { key });
          return [];
        },
      }),
    );
    expect(status.counters).toMatchObject({
      lines: 3030,
      bytes: lines.join('').length,
      'map.recordsIn': 30,
      'map.bytesIn': files['in.txt'].length,
      'reduce.groups': 3,
      'reduce.recordsIn': 30,
    });
    expect([...logged].sort()).toEqual(['info: the first', 'warn: group k0', 'warn: group k1', 'warn: group k2']);
  });

  test('counts texts that are no UTF-8', async () => {
    const { status } = await succeeded(jobOf({ input: from.text('in.txt').words(), map: (word: string) => [[word, 1]] }), {
      'in.txt': Buffer.from('a\n\xff b\nc\xfe\n', 'latin1'),
    });
    expect(status.counters['map.invalidUtf8']).toBe(2);
  });
});

describe('splits', () => {
  test.each(['\n', '\r\n'])('give each line once, however long it is: lines end in %j', async end => {
    const sizes = [10, 1_500_000, 0, 70_000, 1_048_576, 3_900_000, 65_536, 1, 1_048_575, 200_000];
    const long = sizes.map((size, i) => String.fromCharCode(97 + i).repeat(size));
    const text = `\ufeff${long.join(end)}`;
    const job = jobOf({
      settings: { memoryMb: 16, splitMb: 1 },
      map: (line: string) => [line],
      reduce: undefined,
      reducers: undefined,
      output: to.text('out'),
    });
    const { status, parts } = await succeeded(job, { 'in.txt': text });
    expect(status.stages[0]?.total).toBeGreaterThan(8);
    expect(Buffer.concat([...parts.values()]).toString() === `${long.join('\n')}\n`).toBe(true);
    // Each byte is counted once, though the end of a last line is read beyond its split.
    expect(status.counters['map.bytesIn']).toBe(Buffer.byteLength(text));
  });
});

describe('a run', () => {
  test('without records gives every part', async () => {
    const { parts } = await succeeded(jobOf({ reducers: 3 }), { 'in.txt': '' });
    expect([...parts].map(([name, bytes]) => [name, bytes.length])).toEqual([
      ['part-00000.jsonl', 0],
      ['part-00001.jsonl', 0],
      ['part-00002.jsonl', 0],
    ]);
  });

  test('tells its state after each task', async () => {
    const told: JobStatus[] = [];
    const ran = await runJob(jobOf({}), { files, onStatus: status => told.push(status) });
    expect(told.map(({ state, stages }) => [state, ...stages.map(stage => stage.done)])).toEqual([
      ['running', 1, 0],
      ['running', 2, 0],
      ['running', 2, 1],
      ['running', 2, 2],
    ]);
    expect(ran.status.stages).toMatchObject([
      { name: 'map', total: 2, done: 2, running: 0, failed: 0, records: 30 },
      { name: 'reduce', total: 2, done: 2, running: 0, failed: 0, records: 30 },
    ]);
  });

  test('that fails has a failed task and none that runs', async () => {
    const map = (): never => {
      throw new Error('no');
    };
    const { status } = await runJob(jobOf({ map }), { files });
    expect(status).toMatchObject({
      state: 'failed',
      stages: [
        { name: 'map', done: 0, running: 0, failed: 1 },
        { name: 'reduce', done: 0 },
      ],
    });
  });

  test('ends between two tasks when it is told to, and leaves nothing', async () => {
    const controller = new AbortController();
    const { status, parts, left } = await runJob(jobOf({}), { files, signal: controller.signal, onStatus: () => controller.abort() });
    expect(status).toMatchObject({ state: 'cancelled', error: null, stages: [{ done: 1 }, { done: 0 }] });
    expect(parts.size).toBe(0);
    expect(left).toEqual([]);
  });

  test('refuses an output that is there, before any task and at its end; overwrites it when told to', async () => {
    const there = { ...files, 'out/kept.txt': 'kept' };
    await expect(runJob(jobOf({}), { files: there })).rejects.toThrow(/out/);
    const late = await runJob(jobOf({}), {
      files,
      onStatus: (_, folder) => {
        mkdirSync(join(folder, 'out'), { recursive: true });
        writeFileSync(join(folder, 'out/kept.txt'), 'kept');
      },
    });
    expect(late.status).toMatchObject({ state: 'failed', error: { code: 'E_OUTPUT_EXISTS' } });
    expect([...late.parts.keys()]).toEqual(['kept.txt']);
    expect(late.left).toEqual([]);
    const over = await runJob(jobOf({}), { files: there, overwrite: true });
    expect(over.status.state).toBe('succeeded');
    expect([...over.parts.keys()]).toEqual(['part-00000.jsonl', 'part-00001.jsonl']);
  });
});
