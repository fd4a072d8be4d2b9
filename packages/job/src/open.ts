// The face that a bundled job turns to Sheaf: name, parameters, and the plan as graph and functions.
// The bundle's entry is `export default openJob(job)`; submitter and executors import it and call the same functions.

import { UsageError } from '@sheaf/protocol';
import { checkGraph } from '@sheaf/protocol/graph';
import { internalsOf } from './brand.ts';
import { checkMemory } from './check-memory.ts';
import { compileMapReduce } from './compile/compile-map-reduce.ts';
import { withScans } from './compile/scans.ts';
import type { CompiledJob } from './compiled-job.ts';
import type { Decided } from './decided.ts';
import type { JobFiles } from './files.ts';
import { jobMadeBy } from './made-jobs.ts';
import { mapReduceDefinition } from './map-reduce.ts';
import type { OpenedJob } from './opened-job.ts';
import { validateParams } from './params.ts';
import { compilePlan, pipelineDefinition } from './pipeline/define-job.ts';
import { compileRaw, rawJobDefinition } from './raw-job.ts';
import { isPromise } from './schema.ts';

export { writtenFunction } from './compile/functions.ts';
export { type ScannedPaths, scannable } from './compile/scans.ts';
export type { CompiledJob } from './compiled-job.ts';
export type { Decided } from './decided.ts';
export { decidedIn, isUndecided } from './decided.ts';
export type { JobFiles } from './files.ts';
export { runInBundle } from './made-jobs.ts';
export type { OpenedJob } from './opened-job.ts';
export type { CheckpointPlan, DecidedCheckpoints } from './pipeline/checkpoints.ts';
export { checkpointFolder } from './pipeline/checkpoints.ts';
export type { DecidedJoins, JoinPlan } from './pipeline/measured-joins.ts';
export { decidedJoins } from './pipeline/measured-joins.ts';
export type { Operator } from './plan-notes.ts';
export type { AnyFunction } from './user-function.ts';

/** Opens what a job file exports by default. Throws UsageError, saying what to write, when that is no job. */
export function openJob(job: unknown): OpenedJob {
  const mapReduce = mapReduceDefinition(job);
  if (mapReduce !== undefined) {
    const { members } = mapReduce;
    return opened(job, {
      name: members.name,
      params: members.params,
      files: members.files,
      compile: params => compileMapReduce(members, params),
    });
  }
  const pipeline = pipelineDefinition(job);
  if (pipeline !== undefined) {
    return opened(job, {
      name: pipeline.name,
      params: pipeline.params,
      files: pipeline.files,
      compile: (params, decided) => compilePlan(pipeline, params, decided),
    });
  }
  const raw = rawJobDefinition(job);
  if (raw !== undefined) return opened(job, { name: raw.name, params: raw.params, files: {}, compile: params => compileRaw(raw, params) });
  throw new UsageError(noJobText(job));
}

/** Opens the job of that name that a module makes while it is loaded: of a program, which need not export it. Throws UsageError. */
export async function openNamedJob(load: () => Promise<unknown>, name: string): Promise<OpenedJob> {
  return openJob(await jobMadeBy(load, name));
}

/** The stack of the call that made a job; null for what is none. */
export function stackOfDefinition(job: unknown): string | null {
  const made = madeBy(job);
  return made === undefined ? null : (made.stack ?? '');
}

/** Its stack leads to the job's definition. */
function madeBy(job: unknown): Error | undefined {
  return (internalsOf(job) as { readonly made?: Error } | undefined)?.made;
}

interface Definition {
  readonly name: string;
  readonly params: unknown;
  readonly files: JobFiles;
  compile(params: unknown, decided?: Decided): CompiledJob;
}

function opened(job: unknown, definition: Definition): OpenedJob {
  const { name, files } = definition;
  return {
    ...{ name, files },
    validate: raw => validateParams({ job: name, schema: definition.params }, raw),
    compile: (params, decided) => {
      return named(name, () => {
        const compiled = withScans(definition.compile(params, decided), decided?.scans ?? []);
        checkGraph(compiled.graph);
        checkMemory(compiled, madeBy(job));
        return compiled;
      });
    },
  };
}

/** Puts the job's name before what a UsageError says. */
function named<T>(job: string, plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`job '${job}': ${error.message}`, { cause: error.cause ?? error });
  }
}

function noJobText(job: unknown): string {
  const wanted = 'A job file ends with `export default mapReduce({ … })`';
  if (job === undefined) return `the job file has no default export. ${wanted}.`;
  if (isPromise(job)) return `the default export is a promise. ${wanted}; put \`await\` before it if it is made asynchronously.`;
  if (typeof job === 'function') return `the default export is a function. ${wanted}; call the function and export what it gives.`;
  if (typeof job === 'object' && job !== null && 'output' in job) {
    return `the default export is a plain object. ${wanted}: put mapReduce( ) around it.`;
  }
  return `the default export is no job, but ${job === null ? 'null' : Array.isArray(job) ? 'a list' : typeof job}. ${wanted}.`;
}
