// A job as the scheduler holds it, made from its facts: of the graph it reads tasks, outputs, resources and the ends and kinds
// of edges, and never a step. Of range edges it also reads which broadcast brings their splitters, as those need a task count.

import type { StageGraph } from '@sheaf/protocol/graph';
import { assert, found } from './assert.ts';
import { coalescingOf, stretchBytes } from './coalesce.ts';
import { counterNames } from './counter-table.ts';
import type { JobFacts } from './events.ts';
import { SplitTable } from './split-table.ts';
import type { EdgeEnd, JobRun, StageRun } from './state.ts';
import { StoryRing } from './story-ring.ts';
import { TaskTable } from './task-table.ts';
import { noTrouble } from './troubles.ts';

export function createJob(facts: JobFacts, generation: number): JobRun {
  const graph = JSON.parse(facts.opening.graph) as StageGraph;
  const { plan, ...kept } = facts;
  const stages = graph.stages.map((_, id) => createStage(graph, plan, id));
  return {
    id: facts.id,
    facts: kept,
    graph,
    graphHash: plan.graphHash,
    stages,
    phase: 'queued',
    abort: null,
    startedAt: null,
    generation,
    resuming: false,
    open: [],
    stale: true,
    opening: noTrouble(),
    countedNames: new Map(),
    counted: [],
    story: new StoryRing(),
    firstSkipped: null,
    front: { stage: 0, task: 0, skipped: 0, records: 0 },
  };
}

function createStage(graph: StageGraph, plan: JobFacts['plan'], id: number): StageRun {
  const spec = found(graph.stages[id], `stage ${id}`);
  const ends = graph.edges.map((edge, at) => ({ id: at, edge }));
  const into = ends.filter(({ edge }) => edge.to === id).map(end => ({ ...end, other: end.edge.from }));
  const out = ends.filter(({ edge }) => edge.from === id).map(end => ({ ...end, other: end.edge.to }));
  const files = plan.files[id] ?? [];
  const splits = spec.tasks.type === 'splits' ? new SplitTable(plan.splits[id] ?? [], files) : null;
  const count = plan.counts[id];
  assert(splits === null || splits.count === count, `stage ${spec.name} has one task per split`);
  const stage: StageRun = {
    id,
    spec,
    into,
    out,
    counts: countsNeeded(graph, id),
    splits,
    planned: found(count, `task count of stage ${spec.name}`),
    sized: null,
    starts: null,
    table: null,
    running: 0,
    delayed: 0,
    committed: 0,
    failed: 0,
    usualMs: null,
    outputsOn: new Map(),
    unreachable: 0,
    released: false,
    troubles: new Map(),
    outdated: new Set(),
    live: new Map(),
    counters: new Float64Array(counterNames.length),
  };
  if (typeof count !== 'number') return stage;
  if (coalescingOf(spec, count) === null) setCount(stage, count);
  else stage.sized = stretchBytes(new Array<number>(count).fill(0));
  return stage;
}

/** From now on the stage's number of tasks is known. */
export function setCount(stage: StageRun, count: number): void {
  assert(stage.table === null, `stage ${stage.spec.name} is counted once`);
  stage.table = new TaskTable(
    count,
    stage.out.map(end => end.id),
  );
}

/** The partitions, or the key range, that a task of the stage reads. */
export function readBy({ starts, planned }: StageRun, task: number): { readonly from: number; readonly to: number } {
  if (starts === null) return { from: task, to: task + 1 };
  return { from: found(starts[task], 'task'), to: starts[task + 1] ?? (planned as number) };
}

/** The stages whose range edges are cut by splitters that stage `id` makes. */
function countsNeeded(graph: StageGraph, id: number): readonly number[] {
  const needed = new Set<number>();
  for (const edge of graph.edges) {
    if (edge.type !== 'shuffle' || edge.shuffle.partitioner.type !== 'range') continue;
    if (graph.edges[edge.shuffle.partitioner.splitters]?.from === id) needed.add(edge.to);
  }
  return [...needed];
}

export function stageAt(job: JobRun, id: number): StageRun {
  return found(job.stages[id], `stage ${id} of job ${job.id}`);
}

/** All tasks committed. */
export function isDone(stage: StageRun): boolean {
  return stage.table !== null && stage.committed === stage.table.count;
}

/** All that a reader needs is there, on workers that are connected. */
function isReadable(stage: StageRun): boolean {
  return isDone(stage) && stage.unreachable === 0;
}

/** Whether tasks of the stage may be assigned: the one rule, and that splitters know into how many ranges they cut. */
export function canRun(job: JobRun, stage: StageRun): boolean {
  if (job.phase !== 'queued' && job.phase !== 'running') return false;
  if (job.resuming || stage.table === null) return false;
  return stage.into.every(end => isReadable(stageAt(job, end.other))) && stage.counts.every(id => stageAt(job, id).table !== null);
}

/** The stages with something to assign, lower ones first. */
export function openStages(job: JobRun): readonly StageRun[] {
  if (job.stale) {
    job.open = job.stages.filter(stage => canRun(job, stage));
    job.stale = false;
  }
  return job.open;
}

/** Whether some reader of the stage's outputs has yet to read them. */
export function isNeeded(job: JobRun, stage: StageRun): boolean {
  return stage.out.some(end => !isDone(stageAt(job, end.other)));
}

/** The shuffle edges into a stage. */
export function shufflesInto(stage: StageRun): readonly EdgeEnd[] {
  return stage.into.filter(end => end.edge.type === 'shuffle');
}
