// A mapReduce job compiles to the stage graph it should, the same bytes every time, and hands its functions over in the
// order in which the graph names them.

import { defineJob, from, mapReduce, max, min, pair, sum, to } from '@sheaf/job';
import { type CompiledJob, openJob } from '@sheaf/job/open';
import { canonical, defaultSettings, type FunctionRef, type Role, type StageGraph } from '@sheaf/protocol/graph';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { codeOf } from '../../packages/job/src/compile/functions.ts';

// biome-ignore lint/suspicious/noExplicitAny: functions of any shape.
type AnyFunction = (...args: any[]) => any;

const ref = (role: Role, index: number, source: AnyFunction | string): FunctionRef => ({ role, index, code: codeOf(source.toString()) });
const item = (index: number) => ({ type: 'item', index }) as const;
const auto = { type: 'auto', of: 'source', bytesPerTask: 67_108_864, min: 2, max: 10_000 } as const;
const lines = (...paths: string[]) => ({ type: 'files', paths, format: { type: 'text', unit: 'line' }, schema: null }) as const;

function compile(job: unknown, params: unknown = {}): CompiledJob {
  return openJob(job).compile(params);
}

function* countOf(line: string): Generator<[string, number]> {
  for (const word of line.split(/\s+/)) yield [word, 1];
}
const add = (a: number, b: number): number => a + b;
function* total(word: string, counts: Iterable<number>): Generator<{ word: string; n: number }> {
  for (const n of counts) yield { word, n };
}
const base = { name: 'x', output: to.jsonl('out'), input: from.text('in'), map: countOf, reduce: total };

describe('the shape of the graph', () => {
  test('word count: two stages, one shuffle by the key', () => {
    const params = z.object({ in: z.string(), out: z.string() });
    const job = mapReduce({
      name: 'word-count',
      params,
      input: p => from.text(p.in),
      map: countOf,
      combine: add,
      reduce: total,
      output: p => to.jsonl(p.out),
    });
    const { graph, functions } = compile(job, { in: 'books/*.txt', out: 'counts' });
    const expected: StageGraph = {
      version: 1,
      job: 'word-count',
      outputs: [{ type: 'files', folder: 'counts', format: 'jsonl', options: {} }],
      onError: null,
      settings: defaultSettings,
      edges: [
        {
          type: 'shuffle',
          from: 0,
          to: 1,
          shuffle: {
            key: [{ select: item(0), desc: false }],
            group: 1,
            value: item(1),
            combine: { type: 'function', function: ref('fold', 1, add) },
            partitioner: { type: 'hash' },
          },
        },
      ],
      stages: [
        {
          name: 'map',
          tasks: { type: 'splits', inputs: [lines('books/*.txt')] },
          outputs: [],
          steps: [
            { type: 'read', input: 0 },
            { type: 'call', from: 0, function: ref('flatMap', 0, countOf) },
            { type: 'emit', from: 1, edge: 0 },
          ],
        },
        {
          name: 'reduce',
          tasks: { type: 'partitions', count: auto },
          outputs: [0],
          steps: [
            { type: 'receive', edges: [0] },
            { type: 'group', from: 0, function: ref('group', 2, total) },
            { type: 'write', from: 1, output: 0 },
          ],
        },
      ],
    };
    expect(graph).toEqual(expected);
    expect(functions).toEqual([countOf, add, total]);
  });

  test('several inputs: one stage, one edge, two emits on it', () => {
    const plan = (user: { id: number; plan: string }) => pair(user.id, user.plan);
    const words = (line: string) => [pair(line.length, line)];
    const job = mapReduce({
      name: 'x',
      inputs: [from.csv('users.csv', { id: 'integer', plan: 'text' }).map(plan), from.text(['a', 'b']).flatMap(words)],
      *reduce(id, values) {
        for (const value of values) yield [id, value];
      },
      output: to.text('out', { gzip: true }),
    });
    const { graph } = compile(job);
    expect(graph.edges).toHaveLength(1);
    expect(graph.outputs).toEqual([{ type: 'files', folder: 'out', format: 'text', options: { gzip: true } }]);
    expect(graph.stages[0]).toEqual({
      name: 'map',
      outputs: [],
      tasks: {
        type: 'splits',
        inputs: [
          {
            type: 'files',
            paths: ['users.csv'],
            schema: null,
            format: {
              type: 'csv',
              separator: ',',
              header: true,
              multiline: true,
              columns: [
                { name: 'id', type: 'integer', optional: false },
                { name: 'plan', type: 'text', optional: false },
              ],
            },
          },
          lines('a', 'b'),
        ],
      },
      steps: [
        { type: 'read', input: 0 },
        { type: 'call', from: 0, function: ref('map', 0, plan) },
        { type: 'emit', from: 1, edge: 0 },
        { type: 'read', input: 1 },
        { type: 'call', from: 3, function: ref('flatMap', 1, words) },
        { type: 'emit', from: 4, edge: 0 },
      ],
    });
  });

  test('map-only: one stage that writes', () => {
    const job = mapReduce({ name: 'grep', input: from.text('logs/*.gz'), map: countOf, output: to.text('hits') });
    const { graph } = compile(job);
    expect(graph.edges).toEqual([]);
    expect(graph.stages).toEqual([
      {
        name: 'map',
        tasks: { type: 'splits', inputs: [lines('logs/*.gz')] },
        outputs: [0],
        steps: [
          { type: 'read', input: 0 },
          { type: 'call', from: 0, function: ref('flatMap', 0, countOf) },
          { type: 'write', from: 1, output: 0 },
        ],
      },
    ]);
  });

  test('setup, teardown, mapEnd and reduceEnd have their places; both stages share setup and teardown', () => {
    const setup = () => 1;
    const teardown = () => undefined;
    const mapEnd = () => [pair('end', 1)];
    const reduceEnd = () => [{ word: 'end', n: 0 }];
    const { graph, functions } = compile(mapReduce({ ...base, setup, teardown, mapEnd, reduceEnd }));
    const [map, reduce] = graph.stages;
    expect(functions).toEqual([setup, teardown, countOf, mapEnd, total, reduceEnd]);
    expect(map?.setup).toEqual(ref('setup', 0, setup));
    expect(reduce?.setup).toEqual(map?.setup);
    expect(reduce?.teardown).toEqual(ref('teardown', 1, teardown));
    expect(map?.steps[1]).toEqual({ type: 'call', from: 0, function: ref('flatMap', 2, countOf), end: ref('end', 3, mapEnd) });
    expect(reduce?.steps[1]).toEqual({ type: 'group', from: 0, function: ref('group', 4, total), end: ref('end', 5, reduceEnd) });
  });

  test('mapEmit has a role of its own', () => {
    const mapEmit = (line: string, emit: (key: string, value: number) => void) => emit(line, 1);
    const { map: _, ...rest } = base;
    const { graph } = compile(mapReduce({ ...rest, mapEmit }));
    expect(graph.stages[0]?.steps[1]).toEqual({ type: 'call', from: 0, function: ref('mapEmit', 0, mapEmit) });
  });

  test('mapEnd with inputs ends the last call of each, and an input without one gets a call that changes nothing', () => {
    const mapEnd = () => [pair('end', 1)];
    const job = mapReduce({ name: 'x', inputs: [from.items([pair('a', 1)])], mapEnd, reduce: total, output: to.jsonl('out') });
    const { graph, functions } = compile(job);
    expect(graph.stages[0]?.steps[1]).toMatchObject({ type: 'call', function: { role: 'map' }, end: { role: 'end', index: 2 } });
    expect(functions[1]?.('as it is')).toBe('as it is');
  });
});

describe('the shuffle', () => {
  const shuffleOf = (members: object) => {
    const { graph, functions } = compile(mapReduce({ ...base, ...members } as typeof base));
    const edge = graph.edges[0];
    if (edge?.type !== 'shuffle') throw new Error('no shuffle');
    return { ...edge.shuffle, functions, reduce: graph.stages[1] };
  };

  test('built-in folds are known by name, also those of another copy of sheaf', () => {
    expect(shuffleOf({ combine: sum }).combine).toEqual({ type: 'built-in', name: 'sum' });
    expect(shuffleOf({ combine: min }).combine).toEqual({ type: 'built-in', name: 'min' });
    expect(shuffleOf({ combine: max }).combine).toEqual({ type: 'built-in', name: 'max' });
    expect(shuffleOf({ combine: Math.min }).combine).toEqual({ type: 'built-in', name: 'min' });
    expect(shuffleOf({ combine: Math.max }).combine).toEqual({ type: 'built-in', name: 'max' });
    const ofAnotherCopy = Object.assign((a: number, b: number) => a + b, { [Symbol.for('sheaf.fold')]: 'sum' });
    expect(shuffleOf({ combine: ofAnotherCopy }).combine).toEqual({ type: 'built-in', name: 'sum' });
    expect([sum(2, 3), min(2, 3), max(2, 3)]).toEqual([5, 2, 3]);
  });

  test('partition is a function of the job', () => {
    const partition = (key: string, n: number) => key.length % n;
    expect(shuffleOf({ partition }).partitioner).toEqual({ type: 'function', function: ref('partition', 1, partition) });
  });

  test('sortValuesBy is one more part of the key, a function of the pair, hashed as the user wrote it', () => {
    const by = (value: { at: number }) => -value.at;
    const record = ['key', { at: 7 }];
    for (const [sortValuesBy, source, desc, selected] of [
      ['at', 'column:at', false, 7],
      [{ by: 'at', desc: true }, 'column:at', true, 7],
      [by, by, false, -7],
      [{ by }, by, false, -7],
    ] as const) {
      const { key, group, functions } = shuffleOf({ sortValuesBy });
      expect(group).toBe(1);
      expect(key).toEqual([
        { select: item(0), desc: false },
        { select: { type: 'function', function: ref('key', 1, source) }, desc },
      ]);
      expect(functions[1]?.(record)).toBe(selected);
    }
    expect(() => shuffleOf({ sortValuesBy: 'at' }).functions[1]?.(['key', null])).toThrow("'at' is no column of a value that is null");
  });

  test('reducers is a count, or follows from the source', () => {
    expect(shuffleOf({ reducers: 7 }).reduce?.tasks).toEqual({ type: 'partitions', count: { type: 'fixed', count: 7 } });
    expect(shuffleOf({ reducers: 'auto' }).reduce?.tasks).toEqual({ type: 'partitions', count: auto });
  });
});

test('settings are filled up with defaults; that attempts was set is remembered', () => {
  const { graph } = compile(mapReduce({ ...base, settings: { memoryMb: 128, attempts: 2 } }));
  expect(graph.settings).toEqual({ ...defaultSettings, memoryMb: 128, attempts: 2, attemptsGiven: true });
  expect(compile(mapReduce({ ...base, settings: { splitMb: 8 } })).graph.settings).toEqual({ ...defaultSettings, splitMb: 8 });
});

test('two compiles of a job are the same bytes, and other code is other bytes', () => {
  const job = (combine: (a: number, b: number) => number) =>
    mapReduce({
      ...base,
      input: from.csv('in', { id: 'integer', note: 'text?' }),
      *map(row) {
        yield [row.note ?? '', row.id];
      },
      combine,
    });
  const bytes = (combine: (a: number, b: number) => number) => canonical(compile(job(combine)).graph);
  expect(bytes((a, b) => a + b)).toBe(bytes((a, b) => a + b));
  expect(bytes((a, b) => a + b)).not.toBe(bytes((a, b) => a * b));
});

test('the hash of a source text is FNV-1a', () => {
  expect(codeOf('')).toBe('811c9dc5');
  expect(codeOf('a')).toBe('2b24d044');
  expect(codeOf('(a, b) => a + b')).not.toBe(codeOf('(a, b) => b + a'));
});

describe('onError', () => {
  const onError = { skip: { maxCount: 3 }, deadLetter: 'bad' };

  test('its dead letters are an output that no stage writes, behind the others', () => {
    const { graph } = compile(mapReduce({ ...base, onError }));
    expect(graph.onError).toEqual({ maxCount: 3, maxRatio: null, deadLetter: 1 });
    expect(graph.outputs[1]).toEqual({ type: 'files', folder: 'bad', format: 'jsonl', options: {} });
    expect(graph.stages.map(stage => stage.outputs)).toEqual([[], [0]]);
  });

  test('answers stand behind them', () => {
    const job = defineJob({
      ...{ name: 'x', onError },
      plan({ read }) {
        const lines = read(from.text('in'));
        lines.write(to.text('out'));
        return { total: lines.count() };
      },
    });
    const { outputs, onError: rule } = compile(job).graph;
    expect(outputs.map(({ type }) => type)).toEqual(['files', 'files', 'answer']);
    expect(rule?.deadLetter).toBe(1);
  });
});
