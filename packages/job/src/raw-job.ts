// A job whose stage graph is written by hand: for tests and benchmarks of what no front end makes yet. Not part of 'sheaf'.
// The graph's FunctionRefs name functions by index; their code hashes are filled in here, so that nobody writes them by hand.

import { UsageError } from '@sheaf/protocol';
import type { StageGraph } from '@sheaf/protocol/graph';
import { internalsOf, withInternals } from './brand.ts';
import { codeOf } from './compile/functions.ts';
import type { CompiledJob } from './compiled-job.ts';
import { madeHere, noteJob } from './made-jobs.ts';
import type { Job } from './map-reduce.ts';
import type { Schema } from './schema.ts';
import type { AnyFunction } from './user-function.ts';

export interface RawJob<P> {
  /** What the job is called before its graph is made. Default: the graph's name, or 'raw' where the graph follows from parameters. */
  readonly name?: string;
  readonly params?: Schema<P>;
  readonly graph: StageGraph | ((params: P) => StageGraph);
  readonly functions: readonly AnyFunction[] | ((params: P) => readonly AnyFunction[]);
}

/** What lies under `internals` of a job that `rawJob` made. */
export interface RawJobDefinition {
  readonly type: 'raw';
  readonly name: string;
  readonly params: unknown;
  readonly graph: unknown;
  readonly functions: unknown;
  readonly made: Error;
}

/** Makes a job of a graph and the functions it refers to. */
export function rawJob<P>(job: RawJob<P>): Job<P> {
  const name = job.name ?? (typeof job.graph === 'function' ? 'raw' : job.graph.job);
  const made = madeHere();
  const definition: RawJobDefinition = { type: 'raw', name, params: job.params, graph: job.graph, functions: job.functions, made };
  const object = withInternals({}, definition) as Job<P>;
  noteJob(name, object);
  return object;
}

/** The definition of a job that `rawJob` made; undefined for anything else. */
export function rawJobDefinition(job: unknown): RawJobDefinition | undefined {
  const definition = internalsOf(job);
  return definition?.type === 'raw' ? (definition as RawJobDefinition) : undefined;
}

/** The graph with its code hashes, and its functions. */
export function compileRaw(job: RawJobDefinition, params: unknown): CompiledJob {
  const functions = given<readonly AnyFunction[]>(job.functions, params);
  const graph = given<StageGraph>(job.graph, params);
  return { graph: withCodes(graph, functions) as StageGraph, functions };
}

function given<T>(member: unknown, params: unknown): T {
  return typeof member === 'function' ? (member as (params: unknown) => T)(params) : (member as T);
}

/** A copy of a part of the graph in which every FunctionRef has the hash of the function it names. */
function withCodes(part: unknown, functions: readonly AnyFunction[]): unknown {
  if (Array.isArray(part)) return part.map(member => withCodes(member, functions));
  if (typeof part !== 'object' || part === null) return part;
  const { role, index } = part as { role?: unknown; index?: unknown };
  if (typeof role === 'string' && typeof index === 'number') {
    const named = functions[index];
    if (named === undefined) throw new UsageError(`the graph names function ${index} as its ${role}, but there are ${functions.length}`);
    return { role, index, code: codeOf(named.toString()) };
  }
  return Object.fromEntries(Object.entries(part).map(([name, member]) => [name, withCodes(member, functions)]));
}
