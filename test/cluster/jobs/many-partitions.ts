// A pipeline with the shuffles of a large source: as many partitions are planned as a test asks for, and read together or not.

import type { StageGraph } from '@sheaf/protocol/graph';

export interface Partitioning {
  /** Bytes of the source for each partition. */
  readonly bytesPerTask: number;
  /** Raw bytes that a task reads at least. */
  readonly coalesceBytes: number;
}

/** The graph with these numbers wherever partitions may be read together. */
export function withPartitions(graph: StageGraph, { bytesPerTask, coalesceBytes }: Partitioning): StageGraph {
  const stages = graph.stages.map(stage => {
    const { tasks } = stage;
    if (tasks.type !== 'partitions' || tasks.count.type !== 'auto' || tasks.count.coalesceBytes === undefined) return stage;
    return { ...stage, tasks: { ...tasks, count: { ...tasks.count, bytesPerTask, coalesceBytes } } };
  });
  return { ...graph, stages };
}
