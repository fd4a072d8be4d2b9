// A job from a graph written by hand: its code hashes are filled in, and it is opened like any other.

import { openJob } from '@sheaf/job/open';
import { rawJob } from '@sheaf/job/raw';
import { defaultSettings, type FunctionRef, type StageGraph } from '@sheaf/protocol/graph';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { codeOf } from '../../packages/job/src/compile/functions.ts';

const ref = (index: number): FunctionRef => ({ role: 'filter', index, code: '' });

function grep(path: string, filter: FunctionRef): StageGraph {
  return {
    version: 1,
    job: 'grep',
    outputs: [{ type: 'files', folder: 'hits', format: 'text', options: {} }],
    onError: null,
    settings: defaultSettings,
    edges: [],
    stages: [
      {
        name: 'map',
        tasks: { type: 'splits', inputs: [{ type: 'files', paths: [path], format: { type: 'text', unit: 'line' }, schema: null }] },
        outputs: [0],
        steps: [
          { type: 'read', input: 0 },
          { type: 'call', from: 0, function: filter },
          { type: 'write', from: 1, output: 0 },
        ],
      },
    ],
  };
}

test('the hash of each function is filled in', () => {
  const keep = (line: string) => line.includes('x');
  const { graph, functions } = openJob(rawJob({ graph: grep('in', ref(0)), functions: [keep] })).compile({});
  expect(functions).toEqual([keep]);
  expect(graph).toEqual(grep('in', { role: 'filter', index: 0, code: codeOf(keep.toString()) }));
});

test('graph and functions may follow from the parameters', async () => {
  const params = z.object({ in: z.string(), word: z.string() });
  const job = openJob(
    rawJob({ name: 'grep', params, graph: p => grep(p.in, ref(0)), functions: p => [(line: string) => line.includes(p.word)] }),
  );
  const { graph, functions } = job.compile(await job.validate({ in: 'here', word: 'sheaf' }));
  expect(job.name).toBe('grep');
  expect(graph.stages[0]?.tasks).toMatchObject({ inputs: [{ paths: ['here'] }] });
  expect(functions[0]?.('a sheaf')).toBe(true);
});

test('a function that is not there, and a graph that does not hold, are refused', () => {
  expect(() => openJob(rawJob({ graph: grep('in', ref(1)), functions: [() => true] })).compile({})).toThrow(
    "job 'grep': the graph names function 1 as its filter, but there are 1",
  );
  const graph = grep('in', ref(0));
  const twice = { ...graph, stages: [...graph.stages, ...graph.stages] };
  expect(() => openJob(rawJob({ graph: twice, functions: [() => true] })).compile({})).toThrow('stage names are unique');
});
