// What Sheaf sees of a job: its name, its parameters checked, and its plan as a graph and the functions that the graph names.

import type { StageGraph } from '@sheaf/protocol/graph';

// biome-ignore lint/suspicious/noExplicitAny: user functions of any shape, found by their index.
export type AnyFunction = (...args: any[]) => any;

export interface CompiledJob {
  readonly graph: StageGraph;
  /** FunctionRef.index → the function. `schema` functions take a raw record and give the validated one or throw; `items` functions give an iterable. */
  readonly functions: readonly AnyFunction[];
}

export interface OpenedJob {
  readonly name: string;
  /** Checks raw parameters against the job's schema. Throws UsageError that names each wrong parameter. Without a schema any parameter is one too many. */
  validate(raw: { readonly [name: string]: unknown }): Promise<unknown>;
  /** Runs `plan()`: same parameters, same graph. Throws UsageError for a mistake in the plan. */
  compile(params: unknown): CompiledJob;
}
