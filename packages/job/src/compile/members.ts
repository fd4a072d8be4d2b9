// The members of a mapReduce definition, checked when the job file is loaded: unknown names, members of a later release,
// members of the wrong kind, members that do not go together. TypeScript says most of this too; JavaScript users have only us.
// All that is wrong is said at once.

import { limits, UsageError } from '@sheaf/protocol';
import type { Settings } from '@sheaf/protocol/graph';
import { type JobFiles, jobFilesOf } from '../files.ts';
import { isPositiveInteger } from '../options.ts';
import { validatorOf } from '../schema.ts';
import { alternatives } from '../suggest.ts';
import type { AnyFunction } from '../user-function.ts';
import { type SkipRule, skipRuleOf } from './on-error.ts';
import { resolveSettings } from './settings.ts';
import { type SortValuesBy, sortOf } from './sort-values.ts';

/** A definition whose members are of the right kind and fit together; sources and sinks are looked at when it is compiled. */
export interface Members {
  readonly name: string;
  readonly params: unknown;
  readonly settings: Settings;
  readonly files: JobFiles;
  readonly onError: SkipRule | null;
  readonly setup: AnyFunction | undefined;
  readonly teardown: AnyFunction | undefined;
  readonly input: unknown;
  readonly inputs: unknown;
  readonly map: AnyFunction | undefined;
  readonly mapEmit: AnyFunction | undefined;
  readonly mapEnd: AnyFunction | undefined;
  readonly combine: AnyFunction | undefined;
  readonly partition: AnyFunction | undefined;
  readonly sortValuesBy: SortValuesBy | undefined;
  readonly reduce: AnyFunction | undefined;
  readonly reduceEnd: AnyFunction | undefined;
  readonly reducers: number | 'auto';
  readonly output: unknown;
}

type Given = { readonly [member: string]: unknown };
type Problems = string[];

const functionMembers = ['setup', 'teardown', 'map', 'mapEmit', 'mapEnd', 'combine', 'partition', 'reduce', 'reduceEnd'] as const;
/** They run once a task; everything else runs per record or group and must not wait. */
const mayWait: readonly string[] = ['setup', 'teardown'];
const laterMembers = ['schedule'];
const knownMembers: readonly string[] = [
  ...functionMembers,
  ...['name', 'params', 'settings', 'files', 'onError', 'input', 'inputs', 'sortValuesBy', 'reducers', 'output'],
];
/** Members that say how pairs reach `reduce`, and mean nothing without it. */
const reduceMembers = ['combine', 'partition', 'sortValuesBy', 'reduceEnd', 'reducers'];

/** Gives the members, or throws one UsageError that names everything that is wrong with them. */
export function checkMembers(job: unknown): Members {
  if (typeof job !== 'object' || job === null || Array.isArray(job)) {
    throw new UsageError('mapReduce takes one object: mapReduce({ name, input, map, reduce, output }).');
  }
  const given = withoutUndefined(job);
  const problems: Problems = [...nameProblems(given.name)];
  checkKnown(given, problems);
  checkKinds(given, problems);
  checkInput(given, problems);
  checkReduce(given, problems);
  const settings = resolveSettings(given.settings, problems);
  const files = jobFilesOf(given.files, problems);
  const onError = skipRuleOf(given.onError, problems);
  const sortValuesBy = sortOf(given.sortValuesBy, problems);
  if (problems.length > 0) throw new UsageError(problemText(given.name, problems));
  return { params: undefined, reducers: 'auto', ...given, settings, files, onError, sortValuesBy } as unknown as Members;
}

/** What is wrong with the name of a job. */
export function nameProblems(name: unknown): Problems {
  if (name === undefined) return ["it has no name: add name: 'my-job'"];
  if (typeof name !== 'string' || name.trim() === '') return ['its name must be a non-empty string'];
  if (name.length > limits.jobNameCharsMax) return [`its name is longer than ${limits.jobNameCharsMax} characters`];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name) || /\p{Surrogate}/u.test(name)) return ['its name contains control characters'];
  return [];
}

/** One text of all that is wrong with a job. */
export function problemText(name: unknown, problems: readonly string[]): string {
  const job = typeof name === 'string' && nameProblems(name).length === 0 ? `job '${name}'` : 'this job';
  if (problems.length === 1) return `${job}: ${problems[0]}`;
  return `${job}:${problems.map(problem => `\n  - ${problem}`).join('')}`;
}

function withoutUndefined(job: object): Given {
  return Object.fromEntries(Object.entries(job).filter(([, member]) => member !== undefined));
}

function checkKnown(given: Given, problems: Problems): void {
  for (const member of Object.keys(given)) {
    if (laterMembers.includes(member)) problems.push(`${member} comes with a later release: leave it out for now`);
    else if (!knownMembers.includes(member)) problems.push(`mapReduce has no member '${member}'${alternatives(member, knownMembers)}`);
  }
}

function checkKinds(given: Given, problems: Problems): void {
  for (const member of functionMembers) {
    if (given[member] === undefined) continue;
    if (typeof given[member] !== 'function') problems.push(`${member} must be a function, but is ${kindOf(given[member])}`);
    else if (!mayWait.includes(member) && isAsync(given[member])) problems.push(asyncProblem(member));
  }
  if (given.params !== undefined && validatorOf(given.params) === undefined) {
    problems.push('params must be a schema, such as z.object({ in: z.string(), out: z.string() })');
  }
  const { reducers } = given;
  if (reducers !== undefined && reducers !== 'auto' && !(isPositiveInteger(reducers) && reducers <= limits.partitionsMax)) {
    problems.push(`reducers must be 'auto' or a whole number from 1 to ${limits.partitionsMax}, but is ${String(reducers)}`);
  }
  if (given.output === undefined) problems.push("it has no output: add output: p => to.jsonl(p.out), or another sink of 'to'");
}

function checkInput(given: Given, problems: Problems): void {
  const { input, inputs, map, mapEmit } = given;
  if (inputs !== undefined) {
    for (const member of ['input', 'map', 'mapEmit'].filter(name => given[name] !== undefined)) {
      problems.push(`it has inputs and ${member}: with inputs, each source has its own .map or .flatMap and ${member} goes`);
    }
    return;
  }
  if (input === undefined) problems.push("it has no input: add input: p => from.text(p.in), or another source of 'from'");
  if (map === undefined && mapEmit === undefined) problems.push('it has no map: add *map(record) { yield [key, value]; }');
  if (map !== undefined && mapEmit !== undefined) problems.push('it has map and mapEmit: keep one of them');
}

function checkReduce(given: Given, problems: Problems): void {
  if (given.reduce !== undefined) return;
  const idle = reduceMembers.filter(member => given[member] !== undefined);
  if (idle.length === 0) return;
  const example = '*reduce(key, values) { for (const value of values) yield [key, value]; }';
  problems.push(`${idle.join(' and ')} without reduce would do nothing: add ${example}, or remove ${idle.length > 1 ? 'them' : 'it'}`);
}

/** An async function or async generator, as it was written. */
function isAsync(member: unknown): boolean {
  return Object.prototype.toString.call(member).startsWith('[object Async');
}

function asyncProblem(member: string): string {
  return `${member} is asynchronous, but runs per record: wait in setup, and let ${member} be synchronous`;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'a list' : typeof value;
}
