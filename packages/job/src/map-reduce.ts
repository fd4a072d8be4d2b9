// Layer 1: a job as one map and one reduce. Members stand in the order data flows: params, setup, input, map, then the rest,
// because a function sees only the types of what stands above it.

import { brand, internalsOf, withInternals } from './brand.ts';
import { checkMembers } from './compile/members.ts';
import type { OnError } from './compile/on-error.ts';
import type { TaskContext } from './context.ts';
import type { JobFiles } from './files.ts';
import type { Accepted, ColumnLater, KeyIn, Mapped, Order, Reduced, ValueIn } from './inference.ts';
import type { Anything } from './keys.ts';
import { madeHere, noteJob } from './made-jobs.ts';
import type { Schema } from './schema.ts';
import type { Sink } from './sinks.ts';
import type { Source } from './sources.ts';

/** What a job file exports by default. P: its parameters. */
export interface Job<P> {
  readonly [brand]: P;
}

/** Part of the plan's hash: output bytes may depend on them. */
export interface Settings {
  /** Fixed memory of a task. Default 64. */
  readonly memoryMb?: number;
  /** Heap for the functions of the job. Default 256. */
  readonly heapMb?: number;
  /** The largest split; below 1 for little input that takes much work. Default 64. */
  readonly splitMb?: number;
  /** Failures of its own after which a task fails for good. Default 4. */
  readonly attempts?: number;
  /** Time without a finished record after which an attempt is given up. Default 600 000. */
  readonly taskTimeoutMs?: number;
}

interface JobOptions<P> {
  readonly name: string;
  readonly params?: Schema<P>;
  readonly settings?: Settings;
  /** Name → path, relative to the job file: shipped with the job, and found in tasks by `context.file(name)`. */
  readonly files?: JobFiles;
  /** What is done about bad records. Default: the first one fails the job. */
  readonly onError?: OnError;
}

/** The explicitly typed form for the hottest maps: `mapEmit(line, emit: Emit<[string, number]>) { … }`. */
export type Emit<M> = (key: KeyIn<M>, value: ValueIn<M>) => void;

type OneInputOrSeveral =
  | { readonly input: unknown; readonly map: unknown; readonly mapEmit?: never; readonly inputs?: never }
  | { readonly input: unknown; readonly mapEmit: unknown; readonly map?: never; readonly inputs?: never }
  | { readonly inputs: unknown; readonly input?: never; readonly map?: never; readonly mapEmit?: never };

/** A job's definition. Without `reduce` it is map-only: no shuffle, one part file a task. */
export interface MapReduce<P, T, I, M extends Anything, Q extends readonly Source<unknown>[], R extends Anything> extends JobOptions<P> {
  /** Once per attempt of a task, map and reduce alike; what it returns is `context.state`. */
  setup?(context: { readonly params: P; file(name: string): string }): T | Promise<T>;
  teardown?(state: T): void | Promise<void>;
  readonly input?: Source<I> | ((params: P) => Source<I>);
  map?(record: I, context: TaskContext<P, T>): Iterable<M>;
  mapEmit?(record: I, emit: Emit<M>, context: TaskContext<P, T>): void;
  /** After a map task's last record. */
  mapEnd?(context: TaskContext<P, T>): Iterable<M>;
  /** Several inputs, each with its own .map or .flatMap. */
  readonly inputs?: Q | ((params: P) => Q);
  /** Associative and commutative; runs any number of times. With `sortValuesBy`, only for values with an equal sort key. */
  combine?(a: ValueIn<Mapped<M, Q>>, b: ValueIn<Mapped<M, Q>>): ValueIn<Mapped<M, Q>>;
  partition?(key: KeyIn<Mapped<M, Q>>, partitions: number): number;
  readonly sortValuesBy?: Order<ValueIn<Mapped<M, Q>>> | ColumnLater<M, Q> | { readonly by: ColumnLater<M, Q>; readonly desc?: boolean };
  /** `values` is lazy, one pass, and safe to abandon. */
  reduce?(
    key: KeyIn<Mapped<M, Q>>,
    values: Iterable<ValueIn<Mapped<M, Q>>>,
    context: TaskContext<P, T>,
  ): Iterable<Reduced<Mapped<M, Q>, R>>;
  /** After the last group of a reduce task. */
  reduceEnd?(context: TaskContext<P, T>): Iterable<Reduced<Mapped<M, Q>, R>>;
  /** Default 'auto': from the bytes of the input, at least 2. */
  readonly reducers?: number | 'auto';
  readonly output: Sink<Accepted<R>> | ((params: P) => Sink<Accepted<R>>);
}

/** What was inferred, for type tests; nothing of it exists at run time. Exported so that declarations can be made of a job file. */
export interface Inferred<P, I, M, R> {
  readonly _: { p: P; i: I; k: KeyIn<M>; v: ValueIn<M>; r: R };
}

/** Makes a job of its parts. Members that do not fit together are a UsageError here, before anything runs. */
export function mapReduce<P, I, M extends Anything, Q extends readonly Source<unknown>[], R extends Anything = Mapped<M, Q>, T = undefined>(
  job: OneInputOrSeveral & MapReduce<P, T, I, M, Q, R>,
): Job<P> & Inferred<P, I, Mapped<M, Q>, R> {
  const made = madeHere();
  const definition: MapReduceDefinition = { type: 'map-reduce', members: checkMembers(job), made };
  const object = withInternals({}, definition) as Job<P> & Inferred<P, I, Mapped<M, Q>, R>;
  noteJob(definition.members.name, object);
  return object;
}

/** What lies under `internals` of a job that `mapReduce` made. */
export interface MapReduceDefinition {
  readonly type: 'map-reduce';
  readonly members: ReturnType<typeof checkMembers>;
  /** Its stack leads to the definition. */
  readonly made: Error;
}

/** The definition of a job that `mapReduce` made; undefined for anything else. */
export function mapReduceDefinition(job: unknown): MapReduceDefinition | undefined {
  const definition = internalsOf(job);
  return definition?.type === 'map-reduce' ? (definition as MapReduceDefinition) : undefined;
}
