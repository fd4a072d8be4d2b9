// What must hold of every stage graph: the examples pass, and each way of breaking one of them is named.

import { checkGraph, type StageGraph } from '@sheaf/protocol/graph';
import { describe, expect, test } from 'vitest';
import { type ExampleName, exampleNames, examples } from '../../graph/examples.ts';

// biome-ignore lint/suspicious/noExplicitAny: a broken graph has no type.
type Breakable = any;

/** A copy of an example with one thing changed. */
function broken(name: ExampleName, change: (graph: Breakable) => void): StageGraph {
  const graph = structuredClone(examples()[name].graph);
  change(graph);
  return graph;
}

const variants: readonly [what: string, name: ExampleName, change: (graph: Breakable) => void, message: string][] = [
  [
    'two stages of one name',
    'wordCount',
    graph => {
      graph.stages[1].name = 'map';
    },
    'stage graph of word-count: stage names are unique',
  ],
  [
    'an edge that leads back',
    'wordCount',
    graph => {
      Object.assign(graph.edges[0], { from: 1, to: 0 });
    },
    'stage graph of word-count: edge 0 leads forward',
  ],
  [
    'an edge to itself',
    'wordCount',
    graph => {
      graph.edges[0].to = 0;
    },
    'stage graph of word-count: edge 0 leads forward',
  ],
  [
    'an edge to a stage that is not there',
    'topN',
    graph => {
      graph.edges[1].to = 3;
    },
    'stage graph of top: edge 1 leads forward',
  ],
  [
    'a group of more parts than the key has',
    'topN',
    graph => {
      graph.edges[0].shuffle.group = 2;
    },
    'stage graph of top: edge 0 groups by parts it has',
  ],
  [
    'splitters that are no broadcast',
    'joinAggregateSort',
    graph => {
      graph.edges[3].shuffle.partitioner.splitters = 2;
    },
    'stage graph of billing: edge 3 is cut by a broadcast to its reader',
  ],
  [
    'splitters of an edge that is not there',
    'joinAggregateSort',
    graph => {
      graph.edges[3].shuffle.partitioner.splitters = 9;
    },
    'stage graph of billing: edge 3 is cut by a broadcast to its reader',
  ],
  [
    'splitters that go to another stage',
    'joinAggregateSort',
    graph => {
      graph.edges.push({ type: 'broadcast', from: 0, to: 3 });
      graph.edges[3].shuffle.partitioner.splitters = 5;
    },
    'stage graph of billing: edge 3 is cut by a broadcast to its reader',
  ],
  [
    'a late count of a stage that is cut by hash',
    'wordCount',
    graph => {
      graph.stages[1].tasks.count.of = 'edges';
    },
    'stage graph of word-count: reduce: counted late only when cut by range',
  ],
  [
    'partitions of a function that are read together',
    'wordCount',
    graph => {
      graph.stages[1].tasks.count = { type: 'auto', of: 'source', bytesPerTask: 1, min: 2, max: 9, coalesceBytes: 10 };
      graph.edges[0].shuffle.partitioner = { type: 'function', function: { role: 'partition', index: 0, code: '' } };
    },
    'stage graph of word-count: reduce: partitions are read together only when cut by hash',
  ],
  [
    'splits where something is shuffled to',
    'wordCount',
    graph => {
      graph.stages[1].tasks = graph.stages[0].tasks;
    },
    'stage graph of word-count: reduce: partitions exactly when something is shuffled to it',
  ],
  [
    'partitions without a shuffle',
    'mapOnly',
    graph => {
      graph.stages[0].tasks = { type: 'partitions', count: { type: 'fixed', count: 2 } };
    },
    'stage graph of grep: map: partitions exactly when something is shuffled to it',
  ],
  [
    'two sides of a join that are cut in two ways',
    'joinAggregateSort',
    graph => {
      graph.edges[0].shuffle.partitioner = { type: 'function', function: { role: 'partition', index: 0, code: '' } };
    },
    'stage graph of billing: sum and join: co-partitioned inputs',
  ],
  [
    'two sides of a join that are grouped by different parts',
    'joinAggregateSort',
    graph => {
      graph.edges[0].shuffle.group = 0;
    },
    'stage graph of billing: sum and join: co-partitioned inputs',
  ],
  [
    'a step that reads itself',
    'wordCount',
    graph => {
      graph.stages[0].steps[1].from = 1;
    },
    'stage graph of word-count: map: step 1 reads a lower step',
  ],
  [
    'a step that reads a later one',
    'severalInputs',
    graph => {
      graph.stages[0].steps[2].from = 4;
    },
    'stage graph of plan-and-bytes: map: step 2 reads a lower step',
  ],
  [
    'an emit on the edge of another stage',
    'topN',
    graph => {
      graph.stages[1].steps[3].edge = 0;
    },
    'stage graph of top: count: step 3 emits on its own edge',
  ],
  [
    'samples sent along the edge of another stage',
    'joinAggregateSort',
    graph => {
      graph.stages[2].steps[4].to = 0;
    },
    'stage graph of billing: sum and join: step 4 emits on its own edge',
  ],
  [
    'a receive of an edge to another stage',
    'topN',
    graph => {
      graph.stages[2].steps[0].edges = [1, 0];
    },
    'stage graph of top: top: step 0 receives its own edges',
  ],
  [
    'a write to an output that the stage does not have',
    'mapOnly',
    graph => {
      graph.stages[0].outputs = [];
    },
    'stage graph of grep: map: outputs are those it writes',
  ],
  [
    'an output that the stage never writes',
    'wordCount',
    graph => {
      graph.stages[0].outputs = [0];
    },
    'stage graph of word-count: map: outputs are those it writes',
  ],
  [
    'an output that is not there',
    'mapOnly',
    graph => {
      graph.stages[0].outputs = [1];
      graph.stages[0].steps[2].output = 1;
    },
    'stage graph of grep: there is no output 1',
  ],
  [
    'an output that nobody writes',
    'mapOnly',
    graph => {
      graph.outputs.push(graph.outputs[0]);
    },
    'stage graph of grep: every output is written',
  ],
  [
    'two stages that write one output',
    'wordCount',
    graph => {
      graph.stages[0].outputs = [0];
      graph.stages[0].steps.push({ type: 'write', from: 1, output: 0 });
    },
    'stage graph of word-count: every output is written by one stage',
  ],
  [
    'splits of no input',
    'mapOnly',
    graph => {
      graph.stages[0].tasks.inputs = [];
    },
    'stage graph of grep: map has no input',
  ],
  [
    'a read of an input that is not there',
    'severalInputs',
    graph => {
      graph.stages[0].steps[3].input = 2;
    },
    'stage graph of plan-and-bytes: map: step 3 reads input 2 of 2',
  ],
  [
    'a read in a stage of partitions',
    'wordCount',
    graph => {
      graph.stages[1].steps[0] = { type: 'read', input: 0 };
    },
    'stage graph of word-count: reduce: step 0 reads input 0 of 0',
  ],
  [
    'a receive of a broadcast',
    'joinAggregateSort',
    graph => {
      graph.stages[4].steps[1].edges = [4];
    },
    'stage graph of billing: sort: step 1 receives what is shuffled',
  ],
  [
    'a receive of an edge that is not there',
    'wordCount',
    graph => {
      graph.stages[1].steps[0].edges = [5];
    },
    'stage graph of word-count: reduce: step 0 receives its own edges',
  ],
  [
    'a side of a join that is not received',
    'joinAggregateSort',
    graph => {
      graph.stages[2].steps[0].edges = [0];
    },
    'stage graph of billing: sum and join: every edge that is shuffled to it is received, once',
  ],
  [
    'a side that is received twice',
    'joinAggregateSort',
    graph => {
      graph.stages[2].steps[0].edges = [0, 0];
    },
    'stage graph of billing: sum and join: every edge that is shuffled to it is received, once',
  ],
  [
    'two merges in a stage',
    'joinAggregateSort',
    graph => {
      graph.stages[2].steps[0].edges = [1];
      graph.stages[2].steps.push({ type: 'receive', edges: [0] });
    },
    'stage graph of billing: sum and join: partitions are received in one step, splits in none',
  ],
  [
    'a load of a shuffle',
    'joinAggregateSort',
    graph => {
      graph.stages[4].steps[0].edge = 3;
    },
    'stage graph of billing: sort: step 0 loads a broadcast to it',
  ],
  [
    'a load of the broadcast to another stage',
    'broadcastJoin',
    graph => {
      graph.stages[0].steps.push({ type: 'load', edge: 0, key: null });
    },
    'stage graph of enrich: read users: step 2 loads a broadcast to it',
  ],
  [
    'a lookup in a list',
    'broadcastJoin',
    graph => {
      graph.stages[1].steps[0].key = null;
    },
    'stage graph of enrich: map hits: step 2 looks up in a lower load by key',
  ],
  [
    'a lookup in what is no table',
    'broadcastJoin',
    graph => {
      graph.stages[1].steps[2].table = 1;
    },
    'stage graph of enrich: map hits: step 2 looks up in a lower load by key',
  ],
  [
    'a lookup in a table that comes later',
    'broadcastJoin',
    graph => {
      graph.stages[1].steps[2].table = 4;
      graph.stages[1].steps.push({ type: 'load', edge: 0, key: graph.stages[1].steps[0].key });
    },
    'stage graph of enrich: map hits: step 2 looks up in a lower load by key',
  ],
  [
    'samples of an edge that is cut by hash',
    'joinAggregateSort',
    graph => {
      graph.stages[2].steps[4].edge = 2;
    },
    'stage graph of billing: sum and join: step 4 samples its own edge that is cut by range',
  ],
  [
    'samples of the edge of another stage',
    'joinAggregateSort',
    graph => {
      graph.stages[2].steps[4].edge = 0;
    },
    'stage graph of billing: sum and join: step 4 samples its own edge that is cut by range',
  ],
  [
    'splitters of a stage of splits',
    'joinAggregateSort',
    graph => {
      graph.stages[3].steps[1].stage = 0;
    },
    'stage graph of billing: sort splitters: step 1 cuts the partitions of a stage',
  ],
  [
    'splitters of a stage that is not there',
    'joinAggregateSort',
    graph => {
      graph.stages[3].steps[1].stage = 7;
    },
    'stage graph of billing: sort splitters: step 1 cuts the partitions of a stage',
  ],
  [
    'splitters that are not loaded',
    'joinAggregateSort',
    graph => {
      graph.stages[4].steps[0].key = { type: 'record' };
    },
    'stage graph of billing: sort: the splitters of edge 3 are loaded as a list',
  ],
  [
    'groups of what is no receive',
    'wordCount',
    graph => {
      graph.stages[0].steps[1] = { type: 'fold', from: 0, fold: { type: 'built-in', name: 'sum' } };
    },
    'stage graph of word-count: map: step 1 takes the groups of a receive',
  ],
  [
    'the largest of each group, of what is no receive',
    'topN',
    graph => {
      graph.stages[1].steps[2].perGroup = true;
    },
    'stage graph of top: count: step 2 takes the groups of a receive',
  ],
  [
    'groups that are taken twice',
    'wordCountOnBytes',
    graph => {
      graph.stages[1].steps.push({ type: 'fold', from: 0, fold: { type: 'built-in', name: 'max' } });
    },
    'stage graph of word-count-bytes: reduce: step 0: what takes groups is alone',
  ],
  [
    'groups and records of one receive',
    'wordCountOnBytes',
    graph => {
      graph.stages[1].steps.push({ type: 'write', from: 0, output: 0 });
    },
    'stage graph of word-count-bytes: reduce: step 0: what takes groups is alone',
  ],
  [
    'a join of one side',
    'wordCount',
    graph => {
      graph.stages[1].steps[1] = { type: 'join', from: 0, kind: 'inner' };
    },
    'stage graph of word-count: reduce: step 0: a join has two sides',
  ],
  [
    'groups of a range that may cut through one',
    'joinAggregateSort',
    graph => {
      graph.edges[3].shuffle.group = 1;
      graph.stages[4].steps.splice(
        2,
        1,
        { type: 'fold', from: 1, fold: { type: 'built-in', name: 'count' } },
        { type: 'write', from: 2, output: 0 },
      );
    },
    'stage graph of billing: sort: edge 3 is cut by range, so its key is the group',
  ],
];

describe('checkGraph', () => {
  test.each(exampleNames)('%s passes', name => {
    expect(() => checkGraph(examples()[name].graph)).not.toThrow();
  });

  test.each(variants)('refuses %s', (_, name, change, message) => {
    expect(() => checkGraph(broken(name, change))).toThrow(new Error(message));
  });
});
