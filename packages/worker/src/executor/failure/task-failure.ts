// What went wrong in an attempt, as a Failure: which code, in words of the user's own error, on which record, and where in the
// user's sources.

import { type Failure, type FailureCode, FailureError, limits, type RecordPlace } from '@sheaf/protocol';
import { BadRecord } from '@sheaf/storage';
import { BadKey, KeyTooLarge } from '../../data/bad-key.ts';
import { BadValue } from '../../data/bad-value.ts';
import { CorruptRun, MissingRun } from '../../data/run-format.ts';
import { type LocalOutput, type LocalOutputs, outputsIn } from '../local-outputs.ts';
import { recordMakers, refusals } from '../steps/record-makers.ts';
import type { TaskParts } from '../task-parts.ts';
import { functionPlace } from './function-place.ts';
import { thrownText } from './thrown-text.ts';
import { UserMistake } from './user-mistake.ts';
import { isOurs, userStack } from './user-stack.ts';

const ofWholeFile: ReadonlySet<FailureCode> = new Set(['E_INPUT_CHANGED', 'E_INPUT_UNREADABLE']);

/** What is told of whatever ended an attempt. */
export function recordFailure(error: unknown, run: TaskParts): Failure {
  const record = placeOf(run);
  if (error instanceof FailureError) {
    // A file that changed or cannot be read is no fault of the record that would have come next.
    if (ofWholeFile.has(error.failure.code)) return error.failure;
    return { ...error.failure, ...mergedPlace(record, error.failure.record), ...stackOf(error.failure.code, error.cause ?? error, run) };
  }
  if (error instanceof CorruptRun) return corrupt(error, run);
  const { code, message } = causeOf(error, run);
  return {
    code,
    message,
    ...(record === undefined ? {} : { record }),
    ...(code === 'E_INTERNAL'
      ? { stack: String((error as Error).stack).slice(0, limits.failureStackCharsMax) }
      : stackOf(code, error, run)),
  };
}

/** What an error that is no failure yet means, and its words. `ofJob`: a function of the job was at work, so nobody looks at the stack. */
export function causeOf(error: unknown, run: TaskParts, ofJob = false): Pick<Failure, 'code' | 'message'> {
  const code = codeOf(error, run, ofJob);
  return { code, message: code === 'E_USER_CODE' || code === 'E_INTERNAL' ? thrownText(error) : messageOf(error) };
}

function codeOf(error: unknown, run: TaskParts, ofJob: boolean): FailureCode {
  if (error instanceof BadRecord) return 'E_BAD_RECORD';
  if (error instanceof BadKey) return 'E_BAD_KEY';
  if (error instanceof KeyTooLarge) return 'E_KEY_TOO_LARGE';
  if (error instanceof BadValue) return 'E_BAD_VALUE';
  if (error instanceof UserMistake || ofJob) return 'E_USER_CODE';
  const system = error as { readonly code?: unknown; readonly path?: unknown; readonly syscall?: unknown };
  if (error instanceof Error && typeof system.syscall === 'string' && String(system.path ?? '').startsWith(run.task.directory))
    return 'E_DISK';
  const ours = error instanceof Error && isOurs(error, run.job.bundlePath);
  if (ours && (system.code === 'ENOSPC' || system.code === 'EIO')) return 'E_DISK';
  return ours ? 'E_INTERNAL' : 'E_USER_CODE';
}

function messageOf(error: unknown): string {
  return String((error as Error).message).slice(0, limits.failureMessageCharsMax);
}

/** The record that is being worked on, as far as it can be told. */
export function placeOf(run: TaskParts): RecordPlace | undefined {
  try {
    return run.describe?.();
  } catch {
    return undefined;
  }
}

/** A failure that names a key is about records of an earlier moment: what is being read now has no part in it. */
function mergedPlace(ours: RecordPlace | undefined, given: RecordPlace | undefined): { readonly record?: RecordPlace } {
  if (given?.key !== undefined) return { record: given };
  return ours === undefined && given === undefined ? {} : { record: { ...ours, ...given } };
}

/** The user's frames of the error; without any, where the functions begin that made the record it is about. */
function stackOf(code: FailureCode, error: unknown, run: TaskParts): { readonly stack?: string } {
  let stack = error instanceof Error ? userStack(error, run.job.bundlePath) : '';
  if (stack === '' && refusals.has(code)) {
    const places = recordMakers(code, error, run).map(maker => functionPlace(maker, run.job.bundlePath));
    stack = places.filter(place => place !== null).join('\n');
  }
  return stack === '' ? {} : { stack: stack.slice(0, limits.failureStackCharsMax) };
}

/** A run that is not there or fails its checks: whose it was, so that it can be made again. */
function corrupt(error: CorruptRun, run: TaskParts): Failure {
  const code = error instanceof MissingRun ? 'E_MAP_OUTPUT_LOST' : 'E_CORRUPT';
  for (const [edge, outputs] of Object.entries(run.task.sources)) {
    const output = outputWith(outputs, error);
    const from = run.job.graph.edges[Number(edge)]?.from;
    if (output === null || from === undefined) continue;
    return { code, message: error.message, lost: { stage: from, task: output.task, attempt: output.attempt } };
  }
  return { code, message: error.message };
}

/** In a pack the place tells it from the others. */
function outputWith(outputs: LocalOutputs, { path, at }: CorruptRun): LocalOutput | null {
  for (const output of outputsIn(outputs)) if (output.path === path && (at === null || (output.at ?? 0) === at)) return output;
  return null;
}
