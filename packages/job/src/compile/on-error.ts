// What a job does about bad records: without `onError` the first one fails it. Skipping has a limit, always: a job that quietly
// leaves out most of its input is worse than one that fails.

import type { Output, StageGraph } from '@sheaf/protocol/graph';
import { alternatives } from '../suggest.ts';

/** Bad records of the input are skipped and written as dead letters, within limits; at least one is needed. */
export interface OnError {
  readonly skip: {
    /** So many over the whole job. */
    readonly maxCount?: number;
    /** This share of all records that are read; 1 skips whatever is bad. */
    readonly maxRatio?: number;
  };
  /** The folder that they are written to, a line of JSON for each. */
  readonly deadLetter: string;
}

/** `onError` as it was given, checked. */
export interface SkipRule {
  readonly maxCount: number | null;
  readonly maxRatio: number | null;
  readonly folder: string;
}

const example = "onError: { skip: { maxCount: 100 }, deadLetter: 'bad/' }";

/** The rule; null: there is none, or it is wrong and `problems` says so. */
export function skipRuleOf(given: unknown, problems: string[]): SkipRule | null {
  if (given === undefined) return null;
  if (!isObject(given) || !isObject(given.skip)) {
    problems.push(`onError must say what is skipped and where it goes: ${example}`);
    return null;
  }
  const before = problems.length;
  const { skip, deadLetter } = given;
  checkNames(given, { of: 'onError', known: ['skip', 'deadLetter'] }, problems);
  checkNames(skip, { of: 'onError.skip', known: ['maxCount', 'maxRatio'] }, problems);
  const { maxCount = null, maxRatio = null } = skip;
  if (maxCount === null && maxRatio === null) {
    problems.push('onError.skip has no limit: add maxCount, maxRatio or both (maxRatio: 1 skips whatever is bad)');
  }
  if (maxCount !== null && !(Number.isSafeInteger(maxCount) && (maxCount as number) >= 0)) {
    const whatever = maxCount === Number.POSITIVE_INFINITY ? '; maxRatio: 1 skips whatever is bad' : '';
    problems.push(`onError.skip.maxCount must be a whole number of records, but is ${shown(maxCount)}${whatever}`);
  }
  if (maxRatio !== null && !(typeof maxRatio === 'number' && maxRatio >= 0 && maxRatio <= 1)) {
    problems.push(`onError.skip.maxRatio must be a number from 0 to 1, but is ${shown(maxRatio)}`);
  }
  if (typeof deadLetter !== 'string' || deadLetter === '') problems.push(`onError.deadLetter must be a folder: ${example}`);
  return problems.length > before ? null : ({ maxCount, maxRatio, folder: deadLetter } as SkipRule);
}

/** Adds the output of the dead letters behind those that steps write, and gives what the graph says of it. */
export function addDeadLetters(rule: SkipRule | null, outputs: Output[]): StageGraph['onError'] {
  if (rule === null) return null;
  const { maxCount, maxRatio, folder } = rule;
  outputs.push({ type: 'files', folder, format: 'jsonl', options: {} });
  return { maxCount, maxRatio, deadLetter: outputs.length - 1 };
}

function checkNames(given: object, { of, known }: { readonly of: string; readonly known: readonly string[] }, problems: string[]): void {
  for (const name of Object.keys(given))
    if (!known.includes(name)) problems.push(`${of} has no member '${name}'${alternatives(name, known)}`);
}

function isObject(value: unknown): value is { readonly [member: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
