// What sources and sinks put into the graph: everything that can be said without user code stays visible as a format.

import { from, mapReduce, to } from '@sheaf/job';
import { openJob } from '@sheaf/job/open';
import type { Input, Output } from '@sheaf/protocol/graph';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

interface Compiled {
  readonly input: Input;
  readonly output: Output;
  // biome-ignore lint/suspicious/noExplicitAny: functions of any shape.
  readonly functions: readonly ((...args: any[]) => any)[];
}

function compile(input: unknown, output: unknown = to.jsonl('out')): Compiled {
  const job = mapReduce({ name: 'x', input, map: (record: unknown) => [record], output } as never);
  const { graph, functions } = openJob(job).compile({});
  const [stage] = graph.stages;
  if (stage?.tasks.type !== 'splits') throw new Error('no splits');
  return { input: stage.tasks.inputs[0] as Input, output: graph.outputs[0] as Output, functions };
}

const formatOf = (source: unknown) => {
  const { input } = compile(source);
  return input.type === 'files' ? input.format : undefined;
};

test('words, fields and patterns stay in the format of a text', () => {
  expect(formatOf(from.text('a').words())).toEqual({ type: 'text', unit: 'word' });
  expect(formatOf(from.text('a').fields())).toEqual({ type: 'text', unit: 'fields' });
  expect(formatOf(from.text('a').fields(';'))).toEqual({ type: 'text', unit: 'fields', separator: ';' });
  expect(formatOf(from.text('a').matching(/error/gi))).toEqual({ type: 'text', unit: 'line', matching: { source: 'error', flags: 'i' } });
  expect(formatOf(from.text('a').matching(/^x/u).words())).toEqual({ type: 'text', unit: 'word', matching: { source: '^x', flags: 'u' } });
});

test('csv and jsonl carry their columns, a question mark as optional', () => {
  const columns = [
    { name: 'user', type: 'integer', optional: false },
    { name: 'note', type: 'text', optional: true },
  ];
  const given = { user: 'integer', note: 'text?' } as const;
  expect(formatOf(from.jsonl('a', given))).toEqual({ type: 'jsonl', columns });
  expect(formatOf(from.csv('a', given))).toEqual({ type: 'csv', separator: ',', header: true, multiline: true, columns });
  const options = { header: ['user', 'note', 'more'], separator: '\t', multiline: false };
  expect(formatOf(from.csv('a', given, options))).toEqual({ type: 'csv', ...options, columns });
});

test('files are whole records', () => {
  expect(formatOf(from.files(['a', 'b']))).toEqual({ type: 'file' });
});

test('.map and .flatMap do not change the source they are called on', () => {
  const source = from.text('a');
  const mapped = source.map(line => line.length);
  expect(compile(source).functions).toHaveLength(1);
  expect(compile(mapped).functions).toHaveLength(2);
  expect(compile(mapped.flatMap(n => [n, n])).functions).toHaveLength(3);
});

describe('a schema for records', () => {
  const validate = (schema: unknown) => {
    const { input, functions } = compile(from.jsonl('a', schema as never));
    expect(input).toMatchObject({ type: 'files', format: { type: 'jsonl', columns: null }, schema: { role: 'schema', index: 0 } });
    return functions[0] as (raw: unknown) => unknown;
  };

  test('gives the validated record', () => {
    expect(validate(z.object({ n: z.coerce.number() }))({ n: '7' })).toEqual({ n: 7 });
  });

  test('throws every issue with its path', () => {
    const check = validate(z.object({ user: z.object({ tags: z.array(z.string()) }), n: z.number() }));
    const message = (raw: unknown): string => {
      try {
        check(raw);
      } catch (error) {
        return (error as Error).message;
      }
      return 'nothing was wrong';
    };
    expect(message({ user: { tags: ['a', 1] }, n: 'x' })).toMatch(/^user\.tags\[1\]: .+; n: .+$/);
    expect(message(7)).toMatch(/^Invalid input/);
  });

  test('may not be asynchronous', () => {
    const notAwaited = Promise.reject(new Error('nobody waits for it'));
    const check = validate({ '~standard': { vendor: 'x', validate: () => notAwaited } });
    expect(() => check({ n: 1 })).toThrow('the schema of a record must be synchronous');
  });

  test('may be a function with the interface, as arktype has it', () => {
    const schema = Object.assign(() => undefined, { '~standard': { vendor: 'x', validate: (value: unknown) => ({ value }) } });
    expect(validate(schema)(5)).toBe(5);
  });
});

describe('items', () => {
  const itemsOf = (source: unknown) => {
    const { input, functions } = compile(source);
    return { input, items: functions[0]?.() };
  };

  test('come from a list, an iterable or a function', async () => {
    const list = [1, 2, 3];
    expect(itemsOf(from.items(list))).toMatchObject({ input: { type: 'items', perTask: null }, items: list });
    expect(itemsOf(from.items(() => list, { perTask: 2 }))).toMatchObject({ input: { type: 'items', perTask: 2 }, items: list });
    const waited: number[] = [];
    async function* later() {
      yield 4;
    }
    for await (const item of itemsOf(from.items(later)).items) waited.push(item);
    expect(waited).toEqual([4]);
  });

  test('are refused when there is nothing to walk', () => {
    expect(() => from.items('a.txt')).toThrow('from.items takes a list of items. For the lines of a file, write from.text(path).');
    expect(() => from.items(5 as never)).toThrow('from.items takes an array');
    expect(() => itemsOf(from.items((async () => [1]) as never))).toThrow(
      'the function must give an array, an iterable or an async iterable',
    );
    expect(() => from.items([], { perTask: 0 })).toThrow('perTask must be a whole number above 0');
  });
});

test('sinks carry only the options that were set', () => {
  const outputOf = (sink: unknown) => compile(from.text('a'), sink).output;
  expect(outputOf(to.jsonl('o'))).toEqual({ type: 'files', folder: 'o', format: 'jsonl', options: {} });
  expect(outputOf(to.text('o', { gzip: false }))).toEqual({ type: 'files', folder: 'o', format: 'text', options: {} });
  const csv = to.csv('o', { gzip: true, columns: ['a', 'b'], separator: ';' });
  expect(outputOf(csv)).toMatchObject({ format: 'csv', options: { gzip: true, columns: ['a', 'b'], separator: ';' } });
});

test.each<[string, () => unknown, string]>([
  ['an empty path', () => from.text(''), 'from.text: a path must be a non-empty string, but is "".'],
  ['no path', () => from.text(undefined as never), 'from.text: a path must be a non-empty string, but is undefined.'],
  ['an empty list of paths', () => from.files([]), 'from.files: the list of paths is empty.'],
  [
    'no columns',
    () => from.csv('a', undefined as never),
    "from.csv needs columns, as in { user: 'integer' }, or a schema after the paths.",
  ],
  ['no column named', () => from.jsonl('a', {}), 'from.jsonl: no column is named.'],
  ['a column type', () => from.csv('a', { n: 'int' as never }), "from.csv: column 'n' has no such type as 'int'. There are: text, number,"],
  ['a misspelt column type', () => from.csv('a', { n: 'nubmer?' as never }), "has no such type as 'nubmer?'. Did you mean 'number'?"],
  ['an inherited column type', () => from.csv('a', { n: 'toString' as never }), "has no such type as 'toString'"],
  [
    'a misspelt option',
    () => from.csv('a', { n: 'text' }, { seperator: ';' } as never),
    "there is no option 'seperator'. Did you mean 'separator'?",
  ],
  ['a long separator', () => from.csv('a', { n: 'text' }, { separator: '||' }), 'the separator must be one ASCII character'],
  ['a column that header lacks', () => from.csv('a', { n: 'text' }, { header: ['m'] }), "column 'n' is not among the names in header."],
  ['a header with a name twice', () => from.csv('a', { n: 'text' }, { header: ['n', 'n'] }), "name 'n' twice."],
  ['two patterns', () => from.text('a').matching(/a/).matching(/b/), '.matching was given twice'],
  ['a sticky pattern', () => from.text('a').matching(/a/y), 'the flag y has no meaning here'],
  ['a pattern that is none', () => from.text('a').matching('a' as never), '.matching takes a regular expression'],
  ['a map that is none', () => from.text('a').map('a' as never), '.map of a source takes a function, but got string.'],
  ['an empty folder', () => to.jsonl(' '), 'to.jsonl: the folder must be a non-empty string, but is " ".'],
  ['no folder', () => to.csv(undefined as never), 'to.csv: the folder must be a non-empty string, but is undefined.'],
  [
    'a sink option of another sink',
    () => to.text('o', { columns: ['a'] } as never),
    "to.text: there is no option 'columns'. There are: gzip.",
  ],
  ['an empty list of columns', () => to.csv('o', { columns: [] }), 'to.csv: columns must be a list of at least one name.'],
])('%s is refused', (_, make, message) => {
  expect(make).toThrow(expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(message) }));
});
