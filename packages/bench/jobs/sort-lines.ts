// Sorts lines by their bytes over all parts: the key is the line, there is no value. Written as a graph by hand: map tasks write
// sorted runs and a sample of them, one task makes splitters of the samples, and each reader takes its range out of all runs.

import { type RawJob, rawJob } from 'sheaf/raw';
import { z } from 'zod';

interface Params {
  readonly in: string;
  readonly out: string;
}

const read = 0;
const splitters = 1;
const sort = 2;
const samplesEdge = 0;
const linesEdge = 1;
const splittersEdge = 2;

const job: RawJob<Params> = {
  name: 'sort-lines',
  params: z.object({ in: z.string(), out: z.string() }),
  functions: [],
  graph: params => ({
    version: 1,
    job: 'sort-lines',
    onError: null,
    settings: { memoryMb: 64, heapMb: 64, splitMb: 64, attempts: 4, taskTimeoutMs: 600_000, infrastructureAttempts: 20 },
    outputs: [{ type: 'files', folder: params.out, format: 'text', options: {} }],
    edges: [
      {
        type: 'shuffle',
        from: read,
        to: splitters,
        shuffle: { key: [], group: 0, value: { type: 'record' }, combine: null, partitioner: { type: 'hash' } },
      },
      {
        type: 'shuffle',
        from: read,
        to: sort,
        shuffle: {
          key: [{ select: { type: 'record' }, desc: false }],
          group: 1,
          value: { type: 'none' },
          combine: null,
          partitioner: { type: 'range', splitters: splittersEdge },
        },
      },
      { type: 'broadcast', from: splitters, to: sort },
    ],
    stages: [
      {
        name: 'read',
        tasks: { type: 'splits', inputs: [{ type: 'files', paths: [params.in], format: { type: 'text', unit: 'line' }, schema: null }] },
        outputs: [],
        steps: [
          { type: 'read', input: 0 },
          { type: 'emit', from: 0, edge: linesEdge },
          { type: 'sample', from: 0, edge: linesEdge, to: samplesEdge },
        ],
      },
      {
        name: 'splitters',
        tasks: { type: 'partitions', count: { type: 'fixed', count: 1 } },
        outputs: [],
        steps: [
          { type: 'receive', edges: [samplesEdge] },
          { type: 'splitters', from: 0, stage: sort },
          { type: 'emit', from: 1, edge: splittersEdge },
        ],
      },
      {
        name: 'sort',
        tasks: { type: 'partitions', count: { type: 'auto', of: 'edges', bytesPerTask: 64 * 1_048_576, min: 2, max: 10_000 } },
        outputs: [0],
        steps: [
          { type: 'load', edge: splittersEdge, key: null },
          { type: 'receive', edges: [linesEdge] },
          { type: 'write', from: 1, output: 0 },
        ],
      },
    ],
  }),
};

export default rawJob(job);
