// Which edges share a run: those that carry the very same, and no others.

import type { Count, Edge, KeyPart, Select, Shuffle, Stage, StageGraph, Step } from '@sheaf/protocol/graph';
import { defaultSettings, isReadInGroups, runOf, runsOutOf } from '@sheaf/protocol/graph';
import { expect, test } from 'vitest';

const byFunction = (index: number): KeyPart => ({ select: { type: 'function', function: { role: 'key', index, code: 'c' } }, desc: false });
const shuffle: Shuffle = {
  key: [byFunction(0)],
  group: 1,
  value: { type: 'record' },
  combine: null,
  partitioner: { type: 'hash' },
};
const auto: Count = { type: 'auto', of: 'source', bytesPerTask: 1_000, min: 2, max: 100, coalesceBytes: 50 };
const input: Stage['tasks'] = {
  type: 'splits',
  inputs: [{ type: 'files', paths: ['in'], format: { type: 'text', unit: 'line' }, schema: null }],
};

/** What one edge out of the first stage is: how it is sent, and what the stage is that receives it. */
interface Way {
  readonly edge?: 'broadcast' | Partial<Shuffle>;
  /** The steps that emit on it. */
  readonly steps?: readonly number[];
  readonly count?: Count;
  /** The reader of a broadcast looks records up by it. */
  readonly lookup?: Select;
  /** Its reader is also sent what another source has. */
  readonly beside?: true;
}

/** Stages 0 and 1 read; stage 0 sends its records each of these ways, to a stage of its own. */
function graphOf(ways: readonly Way[]): StageGraph {
  const emits = ways.flatMap(({ steps = [1] }, edge) => steps.map((from): Step => ({ type: 'emit', from, edge })));
  const program: Step[] = [
    { type: 'read', input: 0 },
    { type: 'call', from: 0, function: { role: 'map', index: 1, code: 'c' } },
  ];
  const edges = ways.map(({ edge = {} }, i): Edge => {
    const ends = { from: 0, to: i + 2 };
    return edge === 'broadcast' ? { type: 'broadcast', ...ends } : { type: 'shuffle', ...ends, shuffle: { ...shuffle, ...edge } };
  });
  const beside = ways.flatMap(({ beside }, i): Edge[] => (beside ? [{ type: 'shuffle', from: 1, to: i + 2, shuffle }] : []));
  const readers = ways.map(({ edge, count = auto, lookup = null }, i): Stage => {
    const taken: Step = edge === 'broadcast' ? { type: 'load', edge: i, key: lookup } : { type: 'receive', edges: [i] };
    return { name: `reader ${i}`, tasks: { type: 'partitions', count }, outputs: [], steps: [taken] };
  });
  return {
    version: 1,
    job: 'shared',
    stages: [
      { name: 'sender', tasks: input, outputs: [], steps: [...program, ...emits] },
      { name: 'other', tasks: input, outputs: [], steps: [{ type: 'read', input: 0 }] },
      ...readers,
    ],
    edges: [...edges, ...beside],
    outputs: [],
    settings: defaultSettings,
    onError: null,
  };
}

function runs(...ways: Way[]): number[] {
  const graph = graphOf(ways);
  return ways.map((_, edge) => runOf(graph, edge));
}

test('equal edges share the run of the first', () => {
  expect(runs({}, { edge: 'broadcast' }, {}, {}, { edge: 'broadcast' })).toEqual([0, 1, 0, 0, 1]);
  expect(runsOutOf(graphOf([{}, { edge: 'broadcast' }, {}, {}]), 0)).toEqual([0, 1]);
  const five: Count = { type: 'fixed', count: 5 };
  expect(runs({ count: five }, { count: five })).toEqual([0, 0]);
  // How many partitions a task reads is no matter of the run.
  expect(runs({}, { count: { type: 'auto', of: 'source', bytesPerTask: 1_000, min: 2, max: 100 } })).toEqual([0, 0]);
  const inTurn = { partitioner: { type: 'function', function: { role: 'partition', index: 2, code: 'c' } } } as const;
  expect(runs({ edge: inTurn }, { edge: inTurn }, {})).toEqual([0, 0, 2]);
  const folded = { combine: { type: 'built-in', name: 'sum' } } as const;
  expect(runs({ edge: folded }, {}, { edge: folded })).toEqual([0, 1, 0]);
});

test.each<[string, Way]>([
  ['emitted by another step', { steps: [0] }],
  ['emitted by two', { steps: [0, 1] }],
  ['keyed by another function', { edge: { key: [byFunction(7)] } }],
  ['in another order', { edge: { key: [{ ...byFunction(0), desc: true }] } }],
  ['ordered within the group', { edge: { key: [byFunction(0), byFunction(0)] } }],
  ['with another value', { edge: { value: { type: 'none' } } }],
  ['folded', { edge: { combine: { type: 'built-in', name: 'sum' } } }],
  ['a broadcast', { edge: 'broadcast' }],
  ['cut into a fixed number', { count: { type: 'fixed', count: 2 } }],
  ['cut more finely', { count: { ...auto, bytesPerTask: 999 } }],
  ['cut into more at least', { count: { ...auto, min: 3 } }],
  ['cut into fewer at most', { count: { ...auto, max: 99 } }],
  ['cut by the bytes of another source too', { beside: true }],
  ['cut when it is written', { count: { ...auto, of: 'edges' } }],
])('one that is %s has its own', (_, way) => {
  expect(runs({}, way)).toEqual([0, 1]);
});

test('broadcasts are shared by those who look up by the same', () => {
  const by = (index: number): Way => ({ edge: 'broadcast', lookup: { type: 'item', index } });
  expect(runs({ edge: 'broadcast' }, by(0), by(1), by(0))).toEqual([0, 1, 2, 1]);
});

test('what two steps emit is never shared, as its order hangs on both', () => {
  expect(runs({ steps: [0, 1] }, { steps: [0, 1] })).toEqual([0, 1]);
});

/** Edges 0 and 1 are cut by range, with splitters of their own; edges 2 and 3 take samples of them. */
function ranged(second: Partial<Shuffle>): StageGraph {
  const late: Count = { type: 'auto', of: 'edges', bytesPerTask: 1_000, min: 2, max: 100 };
  const one: Count = { type: 'fixed', count: 1 };
  const byRange = (splitters: number): Partial<Shuffle> => ({ partitioner: { type: 'range', splitters } });
  const keyless = { key: [], group: 0 };
  const graph = graphOf([
    { edge: byRange(4), count: late },
    { edge: { ...byRange(5), ...second }, count: late },
    { edge: keyless, steps: [], count: one },
    { edge: keyless, steps: [], count: one },
  ]);
  const [sender, ...others] = graph.stages as [Stage, ...Stage[]];
  const samples = [0, 1].map((edge): Step => ({ type: 'sample', from: 1, edge, to: edge + 2 }));
  return { ...graph, stages: [{ ...sender, steps: [...sender.steps, ...samples] }, ...others] };
}

test('runs for key ranges are only sorted, so each reader may cut them by splitters of its own', () => {
  const same = ranged({});
  expect([0, 1, 2, 3].map(edge => runOf(same, edge))).toEqual([0, 0, 2, 2]);
  const other = ranged({ key: [byFunction(7)] });
  expect([0, 1, 2, 3].map(edge => runOf(other, edge))).toEqual([0, 1, 2, 3]);
});

test('a run is read in groups where all of its readers take groups', () => {
  const group: Step = { type: 'group', from: 0, function: { role: 'group', index: 3, code: 'c' } };
  const one: Step = { type: 'call', from: 0, function: { role: 'map', index: 1, code: 'c' } };
  const graph = graphOf([{}, {}, { edge: { group: 0, key: [] } }]);
  const [sender, other, ...readers] = graph.stages as [Stage, Stage, ...Stage[]];
  const readBy = (...steps: Step[]): StageGraph => ({
    ...graph,
    stages: [sender, other, ...readers.map((reader, i) => ({ ...reader, steps: [...reader.steps, ...steps.slice(i, i + 1)] }))],
  });
  expect([0, 2].map(edge => isReadInGroups(readBy(group, group, group), edge))).toEqual([true, true]);
  expect([0, 2].map(edge => isReadInGroups(readBy(group, one, group), edge))).toEqual([false, true]);
  expect([0, 2].map(edge => isReadInGroups(readBy(group, group, one), edge))).toEqual([true, false]);
});
