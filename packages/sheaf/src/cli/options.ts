// Readers of option values, shared by the commands: each takes text, and throws a UsageError that names the option, the
// value and what is allowed.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isJobId, isWorkerId, type JobId, limits, UsageError, type WorkerId } from '@sheaf/protocol';
import { InvalidArgumentError } from 'commander';

export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

/** A whole number in a range, written in decimal digits. */
export function integer({ min, max }: IntegerRange): (text: string) => number {
  return text => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    return value;
  };
}

export const workersOption: (text: string) => number = integer({ min: 1, max: 64 });
export const slotsOption: (text: string) => number = integer({ min: 1, max: limits.slotsMax });
export const portOption: (text: string) => number = integer({ min: 0, max: 65_535 });

export interface RawParams {
  readonly [name: string]: unknown;
}

/** `-p name=value`, collected over repetitions. */
export function collectParam(text: string, before: readonly string[]): readonly string[] {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError('Write it as name=value.');
  return [...before, text];
}

/** The parameters of a job as given: those of the file, then those of `-p`, which are strings. */
export function readParams(pairs: readonly string[], file: string | undefined, cwd: string): RawParams {
  const given = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    if (given.has(name)) throw new UsageError(`-p ${name} is given twice; leave one of them out`);
    given.set(name, pair.slice(at + 1));
  }
  const fromFile = file === undefined ? {} : readParamsFile(file, cwd);
  return { ...fromFile, ...Object.fromEntries(given) };
}

function readParamsFile(file: string, cwd: string): RawParams {
  const path = resolve(cwd, file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--params: ${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--params: ${path} is not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`--params: ${path} must hold one JSON object, { "name": value, … }`);
  }
  return value as RawParams;
}

/** A job id as the coordinator makes them. Throws UsageError. */
export function jobIdArgument(text: string): JobId {
  if (!isJobId(text)) throw new UsageError(`'${text}' is no job id; 'sheaf jobs' lists them`);
  return text;
}

/** A worker id as the coordinator lists them. Throws UsageError. */
export function workerIdArgument(text: string): WorkerId {
  if (!isWorkerId(text)) throw new UsageError(`'${text}' is no worker id; 'sheaf workers' lists them`);
  return text;
}
