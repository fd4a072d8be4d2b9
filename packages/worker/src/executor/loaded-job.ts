// A job inside an executor: its bundle imported, its plan run again with the same parameters, and the graph found equal to the
// submitter's, byte for byte. Functions are found by their index.

import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { type AnyFunction, type CompiledJob, decidedIn, isUndecided, type OpenedJob } from '@sheaf/job/open';
import { FailureError } from '@sheaf/protocol';
import { canonical, type StageGraph } from '@sheaf/protocol/graph';
import type { SpoolReader } from '@sheaf/storage';
import { TaskMemory } from '../data/memory.ts';
import { PackWriter } from '../data/pack.ts';
import { decodeValue } from '../data/value-codec.ts';
import type { ExecutorJob } from './messages.ts';

export interface LoadedJob {
  readonly name: string;
  readonly graph: StageGraph;
  readonly functions: readonly AnyFunction[];
  readonly params: unknown;
  /** The executor's fixed memory; one task at a time uses it. */
  readonly memory: TaskMemory;
  /** `stage.input` of an items input → its spool. */
  readonly spools: { readonly [stageInput: string]: string };
  /** The spool that was read last, kept open for the next task. Absent: each task opens its own. */
  readonly openSpool?: { path: string; reader: SpoolReader | null };
  /** What the job ships: name → path. Absent: nothing. */
  readonly files?: { readonly [name: string]: string };
  /** Writes small runs into the packs that a worker names. Absent: each run has a file. */
  readonly packs?: PackWriter;
  /** Where the bundle lies, for stacks. */
  readonly bundlePath: string;
}

/** sha256 of the graph's canonical bytes, in hex. */
export function graphHashOf(graph: StageGraph): string {
  return createHash('sha256').update(canonical(graph)).digest('hex');
}

/**
 * Imports a job's bundle and runs its plan. `spare` is a memory that nobody uses any more, which is taken if it has the job's size.
 * Throws FailureError E_PLAN_DIFFERS when the plan is another one here.
 */
export async function loadJob(job: ExecutorJob, spare: TaskMemory | null = null): Promise<LoadedJob> {
  const module = (await import(pathToFileURL(job.bundlePath).href)) as { readonly default: OpenedJob };
  const params = decodeValue(job.params, 0, job.params.length);
  const compiled = compiledLike(job.graph, module.default, params);
  if (graphHashOf(compiled.graph) !== job.graphHash) {
    throw new FailureError({ code: 'E_PLAN_DIFFERS', message: differenceOf(JSON.parse(job.graph) as StageGraph, compiled.graph) });
  }
  const { memoryMb } = compiled.graph.settings;
  return {
    name: job.name,
    ...compiled,
    params,
    memory: spare?.budgetBytes === memoryMb * 1_048_576 ? spare : new TaskMemory(memoryMb),
    spools: job.spools,
    files: job.files ?? {},
    packs: new PackWriter(),
    openSpool: { path: '', reader: null },
    bundlePath: job.bundlePath,
  };
}

/** As it was decided at submit. */
function compiledLike(graph: string, job: OpenedJob, params: unknown): CompiledJob {
  const compiled = job.compile(params);
  return isUndecided(compiled) ? job.compile(params, decidedIn(JSON.parse(graph) as StageGraph, compiled)) : compiled;
}

/** Says where the two graphs part, as far as a person can use it. */
function differenceOf(submitted: StageGraph, here: StageGraph): string {
  const says =
    'the job makes another plan in the executor than at submit: input, output and the functions of a job must depend on params alone';
  const stage = submitted.stages.find((one, i) => canonical(one) !== canonical(here.stages[i] ?? null));
  if (stage !== undefined) return `${says}. Stage '${stage.name}' differs.`;
  const output = submitted.outputs.findIndex((one, i) => canonical(one) !== canonical(here.outputs[i] ?? null));
  return output >= 0 ? `${says}. Output ${output} differs.` : `${says}.`;
}
