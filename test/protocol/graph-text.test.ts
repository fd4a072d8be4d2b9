// Graphs come to the coordinator as text from outside: what passes is whole, and what does not is a UsageError that says where.

import { UsageError } from '@sheaf/protocol';
import { defaultSettings, type Edge, type StageGraph } from '@sheaf/protocol/graph';
import { parseGraph } from '@sheaf/protocol/graph-text';
import { describe, expect, it } from 'vitest';

const ref = (role: 'map' | 'group', index: number) => ({ role, index, code: 'c' });

const wordCount: StageGraph = {
  version: 1,
  job: 'word-count',
  stages: [
    {
      name: 'map',
      tasks: { type: 'splits', inputs: [{ type: 'files', paths: ['in'], format: { type: 'text', unit: 'line' }, schema: null }] },
      outputs: [],
      steps: [
        { type: 'read', input: 0 },
        { type: 'call', from: 0, function: ref('map', 0) },
        { type: 'emit', from: 1, edge: 0 },
      ],
    },
    {
      name: 'reduce',
      tasks: { type: 'partitions', count: { type: 'auto', of: 'source', bytesPerTask: 1000, min: 2, max: 10 } },
      outputs: [0],
      steps: [
        { type: 'receive', edges: [0] },
        { type: 'group', from: 0, function: ref('group', 1) },
        { type: 'write', from: 1, output: 0 },
      ],
    },
  ],
  edges: [
    {
      ...{ type: 'shuffle', from: 0, to: 1 },
      shuffle: {
        key: [{ select: { type: 'item', index: 0 }, desc: false }],
        ...{ group: 1, value: { type: 'item', index: 1 }, combine: null, partitioner: { type: 'hash' } },
      },
    },
  ],
  outputs: [{ type: 'files', folder: 'out', format: 'jsonl', options: {} }],
  settings: defaultSettings,
  onError: null,
};

/** Words are sent to their groups so many times, each time with another value. */
function sentOften(times: number, memoryMb: number): StageGraph {
  const ids = Array.from({ length: times }, (_, id) => id);
  const [map, reduce] = wordCount.stages as [StageGraph['stages'][0], StageGraph['stages'][0]];
  const emits = ids.map(edge => ({ type: 'emit', from: 1, edge }) as const);
  return {
    ...wordCount,
    stages: [
      { ...map, steps: [...map.steps.slice(0, 2), ...emits] },
      { ...reduce, steps: [{ type: 'receive', edges: ids, sides: ids.map(() => 0) }, ...reduce.steps.slice(1)] },
    ],
    edges: wordCount.edges.flatMap(edge => ids.map(value => withValue(edge, value))),
    settings: { ...defaultSettings, memoryMb },
  };
}

function withValue(edge: Edge, value: number): Edge {
  return edge.type === 'shuffle' ? { ...edge, shuffle: { ...edge.shuffle, value: { type: 'constant', value } } } : edge;
}

describe('parseGraph', () => {
  it('gives back a graph as it was', () => {
    expect(parseGraph(JSON.stringify(wordCount))).toEqual(wordCount);
  });

  it('throws nothing but UsageError, whatever part of a graph is something else', () => {
    const text = JSON.stringify(wordCount);
    let refused = 0;
    for (const { index } of text.matchAll(/[:[,](?=["{[\dftn])/g)) {
      const rest = text.slice(index + 1);
      const whole = /^("[^"]*"|-?\d+|true|false|null)/.exec(rest)?.[0];
      if (whole === undefined || rest[whole.length] === ':') continue;
      for (const other of ['null', '-1', '1e999', '"x"', '{}', '[]', '99']) {
        const changed = text.slice(0, index + 1) + other + rest.slice(whole.length);
        try {
          parseGraph(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
          refused += 1;
        }
      }
    }
    expect(refused).toBeGreaterThan(150);
  });

  it.each<[string, (graph: { -readonly [Name in keyof StageGraph]: StageGraph[Name] }) => void, string]>([
    ['an unknown field', graph => Object.assign(graph, { more: 1 }), 'malformed at its top: Unrecognized key'],
    [
      'memory past its limits',
      graph => Object.assign(graph, { settings: { ...defaultSettings, memoryMb: 1 } }),
      'malformed at settings.memoryMb',
    ],
    [
      'an output nobody writes',
      graph => Object.assign(graph, { outputs: [...graph.outputs, graph.outputs[0]] }),
      'every output is written',
    ],
    ['an edge that leads back', graph => Object.assign(graph, { edges: [{ ...graph.edges[0], from: 1, to: 0 }] }), 'edge 0 leads forward'],
    ['no stage', graph => Object.assign(graph, { stages: [] }), 'malformed at stages'],
  ])('refuses %s', (_, change, message) => {
    const graph = structuredClone(wordCount);
    change(graph);
    expect(() => parseGraph(JSON.stringify(graph))).toThrow(message);
  });

  it.each([
    [5, 16, null],
    [6, 16, "stage 'map' sends its records 6 ways, for which settings.memoryMb (16) is too small: raise it to 19 or more"],
    [21, 64, null],
    [22, 64, "stage 'map' sends its records 22 ways, for which settings.memoryMb (64) is too small: raise it to 67 or more"],
    [
      900,
      64,
      "stage 'map' sends its records 900 ways, for which settings.memoryMb (64) is too small: 2048, the most there can be, is too small too, so send them fewer ways",
    ],
  ])('refuses a stage without room for its edges: %i with %i MB', (times, memoryMb, message) => {
    const parse = (): StageGraph => parseGraph(JSON.stringify(sentOften(times, memoryMb)));
    if (message === null) parse();
    else expect(parse).toThrow(new UsageError(message));
  });
});
