// A job's settings, with their defaults. They are part of the graph, because bytes of the output may depend on them.

import { limits } from '@sheaf/protocol';
import { defaultSettings, type Settings } from '@sheaf/protocol/graph';
import { alternatives } from '../suggest.ts';

/** What a job may set, and from where to where. `infrastructureAttempts` is not the job's affair. */
const ranges: { readonly [setting: string]: readonly [min: number, max: number] } = {
  memoryMb: [limits.memoryMbMin, limits.memoryMbMax],
  heapMb: [limits.heapMbMin, limits.heapMbMax],
  splitMb: [limits.splitMbMin, limits.splitMbMax],
  attempts: [1, limits.attemptsMax],
  taskTimeoutMs: [1, limits.taskTimeoutMsMax],
};

/** Fills in the defaults; adds to `problems` each setting that is wrong. */
export function resolveSettings(given: unknown, problems: string[]): Settings {
  if (given === undefined) return defaultSettings;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    problems.push(`settings must be an object with ${Object.keys(ranges).join(', ')}`);
    return defaultSettings;
  }
  const set: { [setting: string]: number } = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const problem = problemOf(name, value);
    if (problem === null) set[name] = value as number;
    else problems.push(problem);
  }
  return { ...defaultSettings, ...set, ...(set.attempts === undefined ? {} : { attemptsGiven: true }) };
}

function problemOf(name: string, value: unknown): string | null {
  const range = Object.hasOwn(ranges, name) ? ranges[name] : undefined;
  if (range === undefined) return `there is no setting '${name}'${alternatives(name, Object.keys(ranges))}`;
  const [min, max] = range;
  const whole = name !== 'splitMb';
  const isNumber = whole ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (isNumber && (value as number) >= min && (value as number) <= max) return null;
  return `settings.${name} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}, but is ${typeof value === 'string' ? `'${value}'` : String(value)}`;
}
