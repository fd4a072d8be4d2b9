// What Sheaf sees of a job: its name, its parameters checked, and its plan as a graph and the functions that the graph names.

import type { StageGraph, StepId } from '@sheaf/protocol/graph';
import type { JobFiles } from './files.ts';
import type { CheckpointPlan } from './pipeline/checkpoints.ts';
import type { Decided } from './pipeline/decided.ts';
import type { JoinPlan } from './pipeline/measured-joins.ts';

// biome-ignore lint/suspicious/noExplicitAny: user functions of any shape, found by their index.
export type AnyFunction = (...args: any[]) => any;

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

export interface PlanNotes {
  /** By stage: what the plan says that happens there, in order. */
  readonly operators: readonly (readonly Operator[])[];
  /** By edge: the key, and what sorts the values of a group, in words; empty for none. */
  readonly edges: readonly { readonly key: string; readonly sorted: string }[];
}

/** An operator of the plan, as a person wrote it. */
export interface Said {
  /** As in `keyBy user`. */
  readonly text: string;
  /** Its stack leads to the line. */
  readonly made: Error | null;
  /** The function that it is about, by whose text its line is found where there is no stack. */
  readonly written?: AnyFunction | undefined;
}

export interface Operator extends Said {
  /** The last step of the stage that is its work. */
  readonly step: StepId;
}

export interface OpenedJob {
  readonly name: string;
  /** What travels with it: name → path, relative to the job file. */
  readonly files: JobFiles;
  /** Checks raw parameters against the job's schema. Throws UsageError that names each wrong parameter. Without a schema any parameter is one too many. */
  validate(raw: { readonly [name: string]: unknown }): Promise<unknown>;
  /** Runs `plan()`: same parameters and decisions, same graph. Throws UsageError for a mistake in the plan. */
  compile(params: unknown, decided?: Decided): CompiledJob;
}
