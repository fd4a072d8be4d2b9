// A plan as a graph and the functions that the graph names.

import type { StageGraph } from '@sheaf/protocol/graph';
import type { CheckpointPlan } from './pipeline/checkpoints.ts';
import type { JoinPlan } from './pipeline/measured-joins.ts';
import type { PlanNotes } from './plan-notes.ts';
import type { AnyFunction } from './user-function.ts';

export interface CompiledJob {
  readonly graph: StageGraph;
  /** FunctionRef.index → the function. `schema` functions take a raw record and give the validated one or throw; `items` functions give an iterable. */
  readonly functions: readonly AnyFunction[];
  /** The plan in words, beside the graph and no part of its hash. Absent for a graph that was written by hand. */
  readonly notes?: PlanNotes;
  /** What its checkpoints are made of: the plan is made again, once it is decided which are there. Absent: it can have none. */
  readonly checkpoints?: readonly CheckpointPlan[];
  /** Likewise joins that are decided by the sizes of files. */
  readonly joins?: readonly JoinPlan[];
}
