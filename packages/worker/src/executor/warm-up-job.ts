// The job that warms an executor up: a count of words, as `mapReduce` compiles it.

import type { StageGraph } from '@sheaf/protocol/graph';

export const warmUpGraph: StageGraph = {
  version: 1,
  job: 'warm-up',
  stages: [
    {
      name: 'map',
      tasks: {
        type: 'splits',
        inputs: [{ type: 'files', paths: ['/input'], format: { type: 'text', unit: 'line' }, schema: null }],
      },
      outputs: [],
      steps: [
        { type: 'read', input: 0 },
        { type: 'call', from: 0, function: { role: 'flatMap', index: 0, code: '00000000' } },
        { type: 'emit', from: 1, edge: 0 },
      ],
    },
    {
      name: 'reduce',
      tasks: { type: 'partitions', count: { type: 'fixed', count: 2 } },
      outputs: [0],
      steps: [
        { type: 'receive', edges: [0] },
        { type: 'group', from: 0, function: { role: 'group', index: 2, code: '00000002' } },
        { type: 'write', from: 1, output: 0 },
      ],
    },
  ],
  edges: [
    {
      type: 'shuffle',
      from: 0,
      to: 1,
      shuffle: {
        key: [{ select: { type: 'item', index: 0 }, desc: false }],
        group: 1,
        value: { type: 'item', index: 1 },
        combine: { type: 'function', function: { role: 'fold', index: 1, code: '00000001' } },
        partitioner: { type: 'hash' },
      },
    },
  ],
  outputs: [{ type: 'files', folder: '/output', format: 'jsonl', options: {} }],
  settings: { memoryMb: 64, heapMb: 256, splitMb: 64, attempts: 4, taskTimeoutMs: 600_000, infrastructureAttempts: 20 },
  onError: null,
};

/** The text of the module that a job's bundle would be. */
export function warmUpModule(): string {
  return `const functions = [
  function* map(line) {
    for (const word of line.split(/\\s+/)) if (word) yield [word, 1];
  },
  (a, b) => a + b,
  function* reduce(word, counts) {
    let n = 0;
    for (const count of counts) n += count;
    yield { word, n };
  },
];
const graph = ${JSON.stringify(warmUpGraph)};
export default { name: 'warm-up', files: {}, compile: () => ({ graph, functions }) };
`;
}
