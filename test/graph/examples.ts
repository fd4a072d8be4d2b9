// Seven stage graphs written by hand, one for each thing the graph must be able to say: word count by functions and on bytes,
// join with aggregate and total order, map only, several inputs, the largest few, and a broadcast join. With the functions
// they refer to, in the order of their indexes, so that they can be run: rawJob(example).

import type {
  Column,
  ColumnType,
  Count,
  Edge,
  FunctionRef,
  Input,
  KeyPart,
  Output,
  Role,
  Select,
  Shuffle,
  StageGraph,
} from '@sheaf/protocol/graph';
import { defaultSettings as settings } from '@sheaf/protocol/graph';

/** Where the examples read (example-data.ts writes it) and write: every example has its own folder under `out`. */
export interface Places {
  readonly data: string;
  readonly out: string;
}

export interface Example {
  readonly graph: StageGraph;
  // biome-ignore lint/suspicious/noExplicitAny: functions of any shape, found by their index.
  readonly functions: readonly ((...args: any[]) => any)[];
}

export const exampleNames = [
  'wordCount',
  'wordCountOnBytes',
  'joinAggregateSort',
  'mapOnly',
  'severalInputs',
  'topN',
  'broadcastJoin',
] as const;
export type ExampleName = (typeof exampleNames)[number];

const here: Places = { data: 'data', out: 'out' };

/** All examples, by name. */
export function examples(places: Places = here): { readonly [Name in ExampleName]: Example } {
  return {
    wordCount: wordCount(places),
    wordCountOnBytes: wordCountOnBytes(places),
    joinAggregateSort: joinAggregateSort(places),
    mapOnly: mapOnly(places),
    severalInputs: severalInputs(places),
    topN: topN(places),
    broadcastJoin: broadcastJoin(places),
  };
}

const fn = (role: Role, index: number): FunctionRef => ({ role, index, code: '811c9dc5' });
const record: Select = { type: 'record' };
const item = (index: number): Select => ({ type: 'item', index });
const column = (name: string): Select => ({ type: 'column', name });
const part = (select: Select, desc = false): KeyPart => ({ select, desc });
const late: Count = { type: 'auto', of: 'edges', bytesPerTask: 64 * 1_048_576, min: 2, max: 10_000 };
const auto: Count = { ...late, of: 'source' };
const single: Count = { type: 'fixed', count: 1 };

const columnOf = (name: string, type: ColumnType): Column => ({ name, type, optional: false });
const base = { version: 1, settings, onError: null } as const;

function lines(path: string, unit: 'line' | 'word' = 'line'): Input {
  return { type: 'files', paths: [path], format: { type: 'text', unit }, schema: null };
}

function csv(path: string, ...columns: Column[]): Input {
  const format = { type: 'csv', separator: ',', header: true, multiline: true, columns } as const;
  return { type: 'files', paths: [path], format, schema: null };
}

const users = ({ data }: Places): Input => csv(`${data}/users.csv`, columnOf('id', 'integer'), columnOf('plan', 'text'));
const hits = ({ data }: Places): Input => csv(`${data}/hits/*.csv`, columnOf('user', 'integer'), columnOf('bytes', 'number'));

function folder(places: Places, name: ExampleName, format: 'jsonl' | 'csv' = 'jsonl'): Output {
  return { type: 'files', folder: `${places.out}/${name}`, format, options: {} };
}

/** A shuffle by hash; what a record carries and how it is keyed is the rest. */
function shuffle(from: number, to: number, of: Pick<Shuffle, 'key' | 'group' | 'value'> & Partial<Shuffle>): Edge {
  return { type: 'shuffle', from, to, shuffle: { combine: null, partitioner: { type: 'hash' }, ...of } };
}

function* wordsOf(line: string): Iterable<[string, number]> {
  for (const word of line.split(/\s+/)) if (word !== '') yield [word, 1];
}
const add = (a: number, b: number): number => a + b;
function* total(word: string, counts: Iterable<number>): Iterable<object> {
  let n = 0;
  for (const count of counts) n += count;
  yield { word, n };
}

/** User code for map, combine and reduce. */
function wordCount(places: Places): Example {
  const combine = { type: 'function', function: fn('fold', 1) } as const;
  return {
    functions: [wordsOf, add, total],
    graph: {
      ...base,
      job: 'word-count',
      outputs: [folder(places, 'wordCount')],
      edges: [shuffle(0, 1, { key: [part(item(0))], group: 1, value: item(1), combine })],
      stages: [
        {
          name: 'map',
          tasks: { type: 'splits', inputs: [lines(`${places.data}/books/*.txt`)] },
          outputs: [],
          steps: [
            { type: 'read', input: 0 },
            { type: 'call', from: 0, function: fn('flatMap', 0) },
            { type: 'emit', from: 1, edge: 0 },
          ],
        },
        {
          name: 'reduce',
          tasks: { type: 'partitions', count: auto },
          outputs: [0],
          steps: [
            { type: 'receive', edges: [0] },
            { type: 'group', from: 0, function: fn('group', 2) },
            { type: 'write', from: 1, output: 0 },
          ],
        },
      ],
    },
  };
}

/** The same two stages without user code, bytes from end to end. */
function wordCountOnBytes(places: Places): Example {
  return {
    functions: [],
    graph: {
      ...base,
      job: 'word-count-bytes',
      outputs: [folder(places, 'wordCountOnBytes', 'csv')],
      edges: [countedWords],
      stages: [
        readWords(places),
        {
          name: 'reduce',
          tasks: { type: 'partitions', count: auto },
          outputs: [0],
          steps: [
            { type: 'receive', edges: [0] },
            { type: 'fold', from: 0, fold: { type: 'built-in', name: 'sum' } },
            {
              type: 'shape',
              from: 1,
              fields: [
                { name: 'word', of: item(0) },
                { name: 'n', of: item(1) },
              ],
            },
            { type: 'write', from: 2, output: 0 },
          ],
        },
      ],
    },
  };
}

const countedWords: Edge = shuffle(0, 1, {
  key: [part(record)],
  group: 1,
  value: { type: 'constant', value: 1 },
  combine: { type: 'built-in', name: 'sum' },
});

function readWords({ data }: Places): StageGraph['stages'][number] {
  return {
    name: 'map',
    tasks: { type: 'splits', inputs: [lines(`${data}/books/*.txt`, 'word')] },
    outputs: [],
    steps: [
      { type: 'read', input: 0 },
      { type: 'emit', from: 0, edge: 0 },
    ],
  };
}

type Bill = readonly [user: number, { readonly left: number; readonly right?: { readonly plan: string } }];

/** Join, aggregate, total order. The join's key equals the sum's, so there is no shuffle between them. */
function joinAggregateSort(places: Places): Example {
  return {
    functions: [([user, { left, right }]: Bill): object => ({ user, gb: left / 1e9, plan: right?.plan ?? 'unknown' })],
    graph: {
      ...base,
      job: 'billing',
      outputs: [folder(places, 'joinAggregateSort', 'csv')],
      edges: [
        shuffle(0, 2, { key: [part(column('id'))], group: 1, value: record }),
        shuffle(1, 2, { key: [part(column('user'))], group: 1, value: column('bytes'), combine: { type: 'built-in', name: 'sum' } }),
        // Samples, to one task.
        shuffle(2, 3, { key: [], group: 0, value: record }),
        shuffle(2, 4, {
          key: [part(column('plan')), part(column('gb'), true)],
          group: 2,
          value: record,
          partitioner: { type: 'range', splitters: 4 },
        }),
        { type: 'broadcast', from: 3, to: 4 },
      ],
      stages: billingStages(places),
    },
  };
}

function billingStages(places: Places): StageGraph['stages'] {
  return [
    {
      name: 'read users',
      tasks: { type: 'splits', inputs: [users(places)] },
      outputs: [],
      steps: [
        { type: 'read', input: 0 },
        { type: 'emit', from: 0, edge: 0 },
      ],
    },
    {
      name: 'read hits',
      tasks: { type: 'splits', inputs: [hits(places)] },
      outputs: [],
      steps: [
        { type: 'read', input: 0 },
        { type: 'emit', from: 0, edge: 1 },
      ],
    },
    {
      name: 'sum and join',
      tasks: { type: 'partitions', count: auto },
      outputs: [],
      steps: [
        { type: 'receive', edges: [1, 0] },
        { type: 'join', from: 0, kind: 'left' },
        { type: 'call', from: 1, function: fn('map', 0) },
        { type: 'emit', from: 2, edge: 3 },
        { type: 'sample', from: 2, edge: 3, to: 2 },
      ],
    },
    {
      name: 'sort splitters',
      tasks: { type: 'partitions', count: single },
      outputs: [],
      steps: [
        { type: 'receive', edges: [2] },
        { type: 'splitters', from: 0, stage: 4 },
        { type: 'emit', from: 1, edge: 4 },
      ],
    },
    {
      name: 'sort',
      tasks: { type: 'partitions', count: late },
      outputs: [0],
      steps: [
        { type: 'load', edge: 4, key: null },
        { type: 'receive', edges: [3] },
        { type: 'write', from: 1, output: 0 },
      ],
    },
  ];
}

/** One stage, one part a task. */
function mapOnly(places: Places): Example {
  return {
    functions: [(line: string): boolean => line.includes('ERROR')],
    graph: {
      ...base,
      job: 'grep',
      outputs: [folder(places, 'mapOnly')],
      edges: [],
      stages: [
        {
          name: 'map',
          tasks: { type: 'splits', inputs: [lines(`${places.data}/logs/*.gz`)] },
          outputs: [0],
          steps: [
            { type: 'read', input: 0 },
            { type: 'call', from: 0, function: fn('filter', 0) },
            { type: 'write', from: 1, output: 0 },
          ],
        },
      ],
    },
  };
}

/** Two inputs, a map each: one stage and one edge with two emits, so that the values of a group come in order of the inputs. */
function severalInputs(places: Places): Example {
  return {
    functions: [
      (user: { id: number; plan: string }): [number, string] => [user.id, user.plan],
      (line: string): [number, number][] => (line === '' ? [] : [line.split(' ').map(Number) as [number, number]]),
      function* (user: number, values: Iterable<string | number>): Iterable<object> {
        const all = [...values];
        yield {
          user,
          plan: all.filter(value => typeof value === 'string').join(),
          bytes: all.slice(typeof all[0] === 'string' ? 1 : 0).join('+'),
        };
      },
    ],
    graph: {
      ...base,
      job: 'plan-and-bytes',
      outputs: [folder(places, 'severalInputs', 'csv')],
      edges: [shuffle(0, 1, { key: [part(item(0))], group: 1, value: item(1) })],
      stages: [
        {
          name: 'map',
          tasks: { type: 'splits', inputs: [users(places), lines(`${places.data}/visits/*`)] },
          outputs: [],
          steps: [
            { type: 'read', input: 0 },
            { type: 'call', from: 0, function: fn('map', 0) },
            { type: 'emit', from: 1, edge: 0 },
            { type: 'read', input: 1 },
            { type: 'call', from: 3, function: fn('flatMap', 1) },
            { type: 'emit', from: 4, edge: 0 },
          ],
        },
        {
          name: 'reduce',
          tasks: { type: 'partitions', count: auto },
          outputs: [0],
          steps: [
            { type: 'receive', edges: [0] },
            { type: 'group', from: 0, function: fn('group', 2) },
            { type: 'write', from: 1, output: 0 },
          ],
        },
      ],
    },
  };
}

/** A bounded heap in every task, and one task that merges the heaps. */
function topN(places: Places): Example {
  const by = [part(item(1), true), part(item(0))];
  const top = { type: 'top', count: 10, by, perGroup: false } as const;
  return {
    functions: [],
    graph: {
      ...base,
      job: 'top',
      outputs: [folder(places, 'topN')],
      edges: [countedWords, shuffle(1, 2, { key: by, group: 0, value: record })],
      stages: [
        readWords(places),
        {
          name: 'count',
          tasks: { type: 'partitions', count: auto },
          outputs: [],
          steps: [
            { type: 'receive', edges: [0] },
            { type: 'fold', from: 0, fold: { type: 'built-in', name: 'sum' } },
            { ...top, from: 1 },
            { type: 'emit', from: 2, edge: 1 },
          ],
        },
        {
          name: 'top',
          tasks: { type: 'partitions', count: single },
          outputs: [0],
          steps: [
            { type: 'receive', edges: [1] },
            { ...top, from: 0 },
            { type: 'write', from: 1, output: 0 },
          ],
        },
      ],
    },
  };
}

/** The small side is read once, sent to every task and looked up; the large one is never shuffled. */
function broadcastJoin(places: Places): Example {
  return {
    functions: [],
    graph: {
      ...base,
      job: 'enrich',
      outputs: [folder(places, 'broadcastJoin')],
      edges: [{ type: 'broadcast', from: 0, to: 1 }],
      stages: [
        {
          name: 'read users',
          tasks: { type: 'splits', inputs: [users(places)] },
          outputs: [],
          steps: [
            { type: 'read', input: 0 },
            { type: 'emit', from: 0, edge: 0 },
          ],
        },
        {
          name: 'map hits',
          tasks: { type: 'splits', inputs: [hits(places)] },
          outputs: [0],
          steps: [
            { type: 'load', edge: 0, key: column('id') },
            { type: 'read', input: 0 },
            { type: 'lookup', from: 1, table: 0, key: column('user'), kind: 'inner' },
            { type: 'write', from: 2, output: 0 },
          ],
        },
      ],
    },
  };
}
