// Jobs for simulations and for the scheduler's tests: graphs of which only the shape matters, with plans made of one small file.

import type { JobFacts } from '@sheaf/coordinator/scheduler';
import { type JobId, parseJobId } from '@sheaf/protocol';
import {
  type Count,
  canonical,
  defaultSettings,
  type Edge,
  type Settings,
  type Shuffle,
  type Stage,
  type StageGraph,
  type TaskPlan,
} from '@sheaf/protocol/graph';

export interface SampleStage {
  readonly name: string;
  /** Number of tasks; 'late': counted when what is shuffled to it is there, one task for every 100 bytes. */
  readonly tasks: number | 'late' | CoalescedTasks;
  readonly outputs?: readonly number[];
  readonly slots?: number;
  readonly labels?: readonly string[];
}

/** Planned as so many partitions, of which a task reads neighbours of up to so many bytes. */
export interface CoalescedTasks {
  readonly partitions: number;
  readonly coalesceBytes: number;
}

export interface SampleEdge {
  readonly from: number;
  readonly to: number;
  readonly kind: 'shuffle' | 'broadcast' | { readonly splitters: number };
}

export interface Sample {
  readonly id: JobId;
  readonly stages: readonly SampleStage[];
  readonly edges: readonly SampleEdge[];
  readonly settings?: Partial<Settings>;
  readonly attemptsGiven?: boolean;
  /** Records are skipped, up to these limits. */
  readonly skip?: { readonly maxCount: number | null; readonly maxRatio: number | null };
}

export const lateCount: Count = { type: 'auto', of: 'edges', bytesPerTask: 100, min: 1, max: 9 };

/** `a` → `j00000000000a`: short names for readable tests. */
export function jobNamed(name: string): JobId {
  return parseJobId(`j${name.toLowerCase().padStart(12, '0')}`);
}

/** A chain of stages, each shuffled to the next; the last writes the output. */
export function chain(name: string, tasks: readonly number[], more: Partial<Sample> = {}): JobFacts {
  const names = tasks.length === 2 ? ['map', 'reduce'] : tasks.length === 1 ? ['map'] : tasks.map((_, i) => `stage${i}`);
  const last = tasks.length - 1;
  return jobFacts({
    id: jobNamed(name),
    stages: tasks.map((count, i) => ({ name: names[i] ?? '', tasks: count, outputs: i === last ? [0] : [] })),
    edges: tasks.slice(1).map((_, i) => ({ from: i, to: i + 1, kind: 'shuffle' })),
    ...more,
  });
}

/** Maps, and reducers that read small partitions together. */
export function coalesced(name: string, maps: number, tasks: CoalescedTasks, more: Partial<Sample> = {}): JobFacts {
  return jobFacts({
    id: jobNamed(name),
    stages: [
      { name: 'map', tasks: maps },
      { name: 'reduce', tasks, outputs: [0] },
    ],
    edges: [{ from: 0, to: 1, kind: 'shuffle' }],
    ...more,
  });
}

/** A total sort: the writer's tasks are counted late, and another stage makes its splitters. */
export function totalSort(name: string, maps: number, more: Partial<Sample> = {}): JobFacts {
  return jobFacts({
    id: jobNamed(name),
    stages: [
      { name: 'map', tasks: maps },
      { name: 'splitters', tasks: 1 },
      { name: 'sort', tasks: 'late', outputs: [0] },
    ],
    edges: [
      { from: 0, to: 1, kind: 'shuffle' },
      { from: 0, to: 2, kind: { splitters: 2 } },
      { from: 1, to: 2, kind: 'broadcast' },
    ],
    ...more,
  });
}

export function jobFacts({ id, stages, edges, settings, attemptsGiven, skip }: Sample): JobFacts {
  const plain = graphOf(stages, edges, { ...defaultSettings, ...settings });
  const graph = skip === undefined ? plain : withDeadLetters(plain, skip);
  const outputs = graph.outputs.map((_, i) => i);
  return {
    id,
    name: `job-${id}`,
    opening: {
      ...{ job: id, name: `job-${id}`, bundle: '0'.repeat(64), sourceMap: null, graphHash: '0'.repeat(64) },
      ...{ graph: canonical(graph), params: new Uint8Array(), blobs: {}, nonces: [] },
    },
    plan: planOf(graph, stages),
    staging: Object.fromEntries(outputs.map(output => [output, `/out/.${output}.sheaf-${id}`])),
    output: outputs.map(output => `/out/${output}`),
    attemptsGiven: attemptsGiven ?? false,
    overwrite: false,
    submittedAt: 0,
  };
}

function graphOf(stages: readonly SampleStage[], edges: readonly SampleEdge[], settings: Settings): StageGraph {
  const outputs = Math.max(0, ...stages.flatMap(stage => (stage.outputs ?? []).map(output => output + 1)));
  return {
    version: 1,
    job: 'sample',
    stages: stages.map((stage, id) =>
      stageOf(
        stage,
        edges.some(edge => edge.to === id && edge.kind !== 'broadcast'),
      ),
    ),
    edges: edges.map(edgeOf),
    outputs: Array.from({ length: outputs }, (_, i) => ({ type: 'files' as const, folder: `${i}`, format: 'text' as const, options: {} })),
    settings,
    onError: null,
  };
}

function withDeadLetters(graph: StageGraph, skip: NonNullable<Sample['skip']>): StageGraph {
  const letters = { type: 'files' as const, folder: 'bad', format: 'jsonl' as const, options: {} };
  return { ...graph, outputs: [...graph.outputs, letters], onError: { ...skip, deadLetter: graph.outputs.length } };
}

function stageOf({ name, tasks, outputs, slots, labels }: SampleStage, shuffled: boolean): Stage {
  const count = countOf(tasks);
  const resources = { ...(slots === undefined ? {} : { slots }), ...(labels === undefined ? {} : { labels }) };
  return {
    name,
    tasks: shuffled ? { type: 'partitions', count } : { type: 'splits', inputs: [] },
    outputs: outputs ?? [],
    resources,
    steps: [],
  };
}

function countOf(tasks: SampleStage['tasks']): Count {
  if (tasks === 'late') return lateCount;
  if (typeof tasks === 'number') return { type: 'fixed', count: tasks };
  return { type: 'auto', of: 'source', bytesPerTask: 1, min: 2, max: 10_000, coalesceBytes: tasks.coalesceBytes };
}

function edgeOf({ from, to, kind }: SampleEdge): Edge {
  if (kind === 'broadcast') return { type: 'broadcast', from, to };
  const partitioner: Shuffle['partitioner'] = kind === 'shuffle' ? { type: 'hash' } : { type: 'range', splitters: kind.splitters };
  return { type: 'shuffle', from, to, shuffle: { key: [], group: 0, value: { type: 'record' }, combine: null, partitioner } };
}

function plannedCount(tasks: number | CoalescedTasks): number {
  return typeof tasks === 'number' ? tasks : tasks.partitions;
}

function planOf(graph: StageGraph, stages: readonly SampleStage[]): TaskPlan {
  const read = stages.flatMap((stage, id) => (graph.stages[id]?.tasks.type === 'splits' ? [{ id, tasks: stage.tasks as number }] : []));
  const file = { path: '/in/file', size: 1000, modifiedMs: 0, packed: null };
  const split = (i: number) => ({ input: 0, pieces: [{ file: 0, from: i * 10, to: i * 10 + 10 }] });
  return {
    graphHash: '0'.repeat(64),
    files: Object.fromEntries(read.map(({ id }) => [id, [[file]]])),
    splits: Object.fromEntries(read.map(({ id, tasks }) => [id, Array.from({ length: tasks }, (_, i) => split(i))])),
    counts: Object.fromEntries(stages.map(({ tasks }, id) => [id, tasks === 'late' ? 'later' : plannedCount(tasks)])),
  };
}
