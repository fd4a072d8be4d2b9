// Which edges out of a stage carry the very same records, with the same keys in the same partitions: a task writes those once,
// into one run file. It follows from the graph alone, so that whoever writes, fetches or reads a run finds the same answer; the
// scheduler need not know of it, as each edge has its output as ever.

import type { EdgeId, StageId, StepId } from '../ids.ts';
import { canonical } from './canonical.ts';
import { takesGroups } from './check-steps.ts';
import { sourcesOf } from './plan.ts';
import type { Edge, Select, Shuffle, StageGraph, Step } from './types.ts';

const runsByGraph = new WeakMap<StageGraph, readonly EdgeId[]>();

/** The edge whose run file has the records of `edge`: the first of those that are equal; itself, when none is. */
export function runOf(graph: StageGraph, edge: EdgeId): EdgeId {
  let runs = runsByGraph.get(graph);
  if (runs === undefined) {
    runs = runsOf(graph);
    runsByGraph.set(graph, runs);
  }
  return runs[edge] ?? edge;
}

/** The edges out of a stage for which its tasks write runs. */
export function runsOutOf(graph: StageGraph, stage: StageId): readonly EdgeId[] {
  return graph.edges.flatMap((edge, id) => (edge.from === stage && runOf(graph, id) === id ? [id] : []));
}

/** Whether all stages that read the run of an edge take the groups of its records, and none takes the records one by one. */
export function isReadInGroups(graph: StageGraph, run: EdgeId): boolean {
  return graph.edges.every(({ to }, edge) => {
    if (runOf(graph, edge) !== run) return true;
    const steps = graph.stages[to]?.steps ?? [];
    const receive = steps.findIndex(step => step.type === 'receive' && step.edges.includes(edge));
    return receive >= 0 && steps.every(step => !('from' in step) || step.from !== receive || takesGroups(step));
  });
}

function runsOf(graph: StageGraph): EdgeId[] {
  const contents = new Contents(graph);
  const firsts = new Map<string, EdgeId>();
  return graph.edges.map((_, id) => {
    const content = contents.of(id);
    if (content === null) return id;
    const first = firsts.get(content) ?? id;
    firsts.set(content, first);
    return first;
  });
}

type Sending = Extract<Step, { readonly type: 'emit' | 'sample' }>;

/** What is in the runs of a graph's edges, as texts that are equal for equal runs alone. */
class Contents {
  private readonly graph: StageGraph;
  private readonly sources: readonly ReadonlySet<StageId>[];
  /** By edge: the steps that send on it. */
  private readonly senders = new Map<EdgeId, Sending[]>();

  constructor(graph: StageGraph) {
    this.graph = graph;
    this.sources = sourcesOf(graph);
    for (const step of graph.stages.flatMap(({ steps }) => steps)) {
      if (step.type !== 'emit' && step.type !== 'sample') continue;
      const edge = step.type === 'emit' ? step.edge : step.to;
      this.senders.set(edge, [...(this.senders.get(edge) ?? []), step]);
    }
  }

  /** null: nothing is known to be equal to it. What several steps send comes in an order that hangs on all of them. */
  of(id: EdgeId): string | null {
    const edge = this.graph.edges[id];
    const [sender, ...others] = this.senders.get(id) ?? [];
    if (edge === undefined || sender === undefined || others.length > 0) return null;
    const sent = sender.type === 'emit' ? this.emitted(sender.from) : this.sampled(sender.edge);
    const cut = sent === null ? null : this.cut(edge, id);
    return cut === null ? null : `${edge.from} ${sent} ${cut}`;
  }

  private emitted(step: StepId): string {
    return `step ${step}`;
  }

  /** Samples are of a finished run. */
  private sampled(id: EdgeId): string | null {
    const isEmitted = this.senders.get(id)?.every(({ type }) => type === 'emit') === true;
    const run = isEmitted ? this.of(id) : null;
    return run === null ? null : `samples of (${run})`;
  }

  /** How the records are keyed, ordered, folded and cut into partitions. */
  private cut(edge: Edge, id: EdgeId): string | null {
    if (edge.type === 'broadcast') return `whole ${canonical(this.lookedUpBy(edge, id))}`;
    const partitions = this.partitions(edge);
    return partitions === null ? null : `${canonical(unpartitioned(edge.shuffle))} ${partitions}`;
  }

  /** By what the reader of a broadcast looks records up: whoever sends them may refuse those that have no such key. */
  private lookedUpBy({ to }: Edge, id: EdgeId): Select | null {
    const load = this.graph.stages[to]?.steps.find(step => step.type === 'load' && step.edge === id);
    return load?.type === 'load' ? load.key : null;
  }

  private partitions({ to, shuffle: { partitioner } }: Extract<Edge, { readonly type: 'shuffle' }>): string | null {
    // Runs are only sorted: each reader takes its keys out of them, by splitters of its own.
    if (partitioner.type === 'range') return 'sorted';
    const tasks = this.graph.stages[to]?.tasks;
    if (tasks?.type !== 'partitions') return null;
    const { count } = tasks;
    const by = canonical(partitioner);
    if (count.type === 'fixed') return `${by} ${count.count}`;
    if (count.of === 'edges') return null;
    const sources = [...(this.sources[to] ?? [])].join();
    return `${by} ${count.bytesPerTask} ${count.min} ${count.max} of ${sources}`;
  }
}

function unpartitioned({ partitioner: _, ...rest }: Shuffle): Omit<Shuffle, 'partitioner'> {
  return rest;
}
