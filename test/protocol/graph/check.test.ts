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
];

describe('checkGraph', () => {
  test.each(exampleNames)('%s passes', name => {
    expect(() => checkGraph(examples()[name].graph)).not.toThrow();
  });

  test.each(variants)('refuses %s', (_, name, change, message) => {
    expect(() => checkGraph(broken(name, change))).toThrow(new Error(message));
  });
});
