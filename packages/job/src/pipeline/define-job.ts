// `defineJob`: a job as a plan over collections. The plan runs at the submitter and again in every executor; it must say the same
// each time, and so depend on its parameters alone.

import { UsageError } from '@sheaf/protocol';
import { internalsOf, withInternals } from '../brand.ts';
import { type OnError, type SkipRule, skipRuleOf } from '../compile/on-error.ts';
import { resolveSettings } from '../compile/settings.ts';
import type { CompiledJob } from '../compiled-job.ts';
import { type Decided, undecided } from '../decided.ts';
import { type JobFiles, jobFilesOf } from '../files.ts';
import { madeHere, noteJob } from '../made-jobs.ts';
import type { Job, Settings } from '../map-reduce.ts';
import { isPromise, type Schema, validatorOf } from '../schema.ts';
import { alternatives } from '../suggest.ts';
import type { Answers, Flow } from './collection.ts';
import { compilePipeline } from './compile-pipeline.ts';
import { sizeProblem } from './plan-checks.ts';
import { PlanRecorder } from './plan-recorder.ts';

/** A job's definition as a plan. */
// biome-ignore lint/suspicious/noConfusingVoidType: a plan without answers returns nothing.
export interface PlannedJob<P, A extends Answers | void = void> {
  readonly name: string;
  readonly params?: Schema<P>;
  readonly settings?: Settings;
  /** Name → path, relative to the job file: shipped with the job, and found in tasks by `context.file(name)`. */
  readonly files?: JobFiles;
  /** What is done about bad records. Default: the first one fails the job. */
  readonly onError?: OnError;
  /** Says what to compute; nothing runs in it. What it returns is answered to the job's caller. */
  plan(flow: Flow<P>): A;
}

/** Makes a job of a plan. Members that are wrong are a UsageError here, before anything runs. */
// biome-ignore lint/suspicious/noConfusingVoidType: a plan without answers returns nothing.
export function defineJob<P, A extends Answers | void = void>(job: PlannedJob<P, A>): Job<P> & { readonly answers?: A } {
  const made = madeHere();
  const members = checked(job);
  const object = withInternals({}, { type: 'pipeline', made, ...members }) as Job<P> & { readonly answers?: A };
  noteJob(members.name, object);
  return object;
}

/** What lies under `internals` of a job that `defineJob` made. */
export interface PipelineDefinition {
  readonly type: 'pipeline';
  readonly name: string;
  readonly params: unknown;
  readonly settings: ReturnType<typeof resolveSettings>;
  readonly files: JobFiles;
  readonly onError: SkipRule | null;
  readonly plan: (flow: Flow<unknown>) => unknown;
  /** Its stack leads to the definition. */
  readonly made: Error;
}

/** The definition of a job that `defineJob` made; undefined for anything else. */
export function pipelineDefinition(job: unknown): PipelineDefinition | undefined {
  const definition = internalsOf(job);
  return definition?.type === 'pipeline' ? (definition as PipelineDefinition) : undefined;
}

/** Runs the plan and makes its graph. Throws UsageError for a mistake in it. */
export function compilePlan(
  { name, settings, onError, plan, made }: PipelineDefinition,
  params: unknown,
  decided: Decided = undecided,
): CompiledJob {
  const recorder = new PlanRecorder();
  const given = plan(recorder.flow(params));
  if (isPromise(given)) {
    given.then(undefined, () => undefined);
    throw new UsageError('plan must not be asynchronous: nothing runs in it that could be waited for.');
  }
  const answers = recorder.answers(given);
  recorder.finished = true;
  if (recorder.written.length === 0 && answers.length === 0)
    throw new UsageError("plan writes nothing: end a collection with .write(to.csv('folder')).", { cause: made });
  const { written, said, broadcasts } = recorder;
  const compiled = compilePipeline({ name, settings, onError, written, answers, said, broadcasts, decided });
  const problem = sizeProblem(compiled.graph);
  if (problem !== null) throw new UsageError(problem, { cause: made });
  return compiled;
}

const members = ['name', 'params', 'settings', 'files', 'onError', 'plan'];
const later = ['schedule'];

function checked(job: unknown): Omit<PipelineDefinition, 'type' | 'made'> {
  if (typeof job !== 'object' || job === null) throw new UsageError('defineJob takes an object: { name, plan({ read }) { … } }.');
  const { name, params, settings, files, onError, plan } = job as { readonly [member: string]: unknown };
  const problems: string[] = [];
  for (const member of Object.keys(job)) {
    if (later.includes(member)) problems.push(`${member} comes with a later release: leave it out for now`);
    else if (!members.includes(member)) problems.push(`defineJob has no member '${member}'${alternatives(member, members)}`);
  }
  if (typeof name !== 'string' || name.trim() === '') problems.push('its name must be a non-empty string');
  if (params !== undefined && validatorOf(params) === undefined)
    problems.push('params must be a schema, such as z.object({ in: z.string() })');
  if (typeof plan !== 'function') problems.push('it has no plan: add plan({ params, read }) { … }');
  const resolved = resolveSettings(settings, problems);
  const rule = skipRuleOf(onError, problems);
  const shipped = jobFilesOf(files, problems);
  if (problems.length > 0) throw new UsageError(`job '${String(name)}':${problems.map(problem => `\n  - ${problem}`).join('')}`);
  return { name: name as string, params, settings: resolved, files: shipped, onError: rule, plan: plan as PipelineDefinition['plan'] };
}
