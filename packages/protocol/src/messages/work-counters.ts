// What Sheaf counts by itself, of a task and of all tasks of a stage.

/** What a task, or all tasks of a stage together, moved. */
export interface WorkCounters {
  readonly recordsIn: number;
  readonly bytesIn: number;
  /** What was written to outputs, not to other stages. */
  readonly recordsOut: number;
  readonly bytesOut: number;
  /** Sorted stretches written for other stages: one a task and edge, and more where memory was short; their bytes. */
  readonly spills: number;
  readonly spilledBytes: number;
  /** Records that a combiner folded away. */
  readonly combinedRecords: number;
  readonly groups: number;
}
