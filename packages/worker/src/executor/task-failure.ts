// What went wrong in an attempt, as a Failure: which code, in words of the user's own error, on which record, and where in the
// user's sources.

import { type Failure, type FailureCode, FailureError, limits, type RecordPlace } from '@sheaf/protocol';
import { BadRecord } from '@sheaf/storage';
import { BadKey, KeyTooLarge } from '../data/bad-key.ts';
import { BadValue } from '../data/bad-value.ts';
import { CorruptRun, MissingRun } from '../data/run-format.ts';
import type { TaskRun } from './run-task.ts';
import { userStack } from './user-stack.ts';

export function recordFailure(error: unknown, run: TaskRun): Failure {
  const record = placeOf(run);
  if (error instanceof FailureError) {
    return { ...error.failure, ...mergedPlace(record, error.failure.record), ...stackOf(error.cause ?? error, run) };
  }
  if (error instanceof CorruptRun) return corrupt(error, run);
  const code = codeOf(error, run);
  return {
    code,
    message: messageOf(error, code).slice(0, limits.failureMessageCharsMax),
    ...(record === undefined ? {} : { record }),
    ...(code === 'E_INTERNAL' ? { stack: String((error as Error).stack).slice(0, limits.failureStackCharsMax) } : stackOf(error, run)),
  };
}

function codeOf(error: unknown, run: TaskRun): FailureCode {
  if (error instanceof BadRecord) return 'E_BAD_RECORD';
  if (error instanceof BadKey) return 'E_BAD_KEY';
  if (error instanceof KeyTooLarge) return 'E_KEY_TOO_LARGE';
  if (error instanceof BadValue) return 'E_BAD_VALUE';
  const system = error as { readonly code?: unknown; readonly path?: unknown; readonly syscall?: unknown };
  if (error instanceof Error && typeof system.syscall === 'string' && String(system.path ?? '').startsWith(run.task.directory))
    return 'E_DISK';
  if (error instanceof Error && (system.code === 'ENOSPC' || system.code === 'EIO') && userStack(error, run.job.bundlePath) === '')
    return 'E_DISK';
  // An error of ours has no frame of the job's bundle in its stack; whatever else is thrown comes from the job.
  const ours = error instanceof Error && userStack(error, run.job.bundlePath) === '' && run.job.bundlePath !== '';
  return ours ? 'E_INTERNAL' : 'E_USER_CODE';
}

function messageOf(error: unknown, code: FailureCode): string {
  if (!(error instanceof Error)) return `the job threw ${typeof error === 'string' ? `a string: ${error}` : describe(error)}`;
  return code === 'E_USER_CODE' || code === 'E_INTERNAL' ? `${error.name}: ${error.message}` : error.message;
}

function describe(thrown: unknown): string {
  try {
    return `${typeof thrown}: ${JSON.stringify(thrown)}`;
  } catch {
    return typeof thrown;
  }
}

function placeOf(run: TaskRun): RecordPlace | undefined {
  try {
    return run.describe?.();
  } catch {
    return undefined;
  }
}

function mergedPlace(ours: RecordPlace | undefined, given: RecordPlace | undefined): { readonly record?: RecordPlace } {
  if (ours === undefined && given === undefined) return {};
  return { record: { ...ours, ...given } };
}

function stackOf(error: unknown, run: TaskRun): { readonly stack?: string } {
  const stack = error instanceof Error ? userStack(error, run.job.bundlePath) : '';
  return stack === '' ? {} : { stack: stack.slice(0, limits.failureStackCharsMax) };
}

/** A run that is not there or fails its checks: whose it was, so that it can be made again. */
function corrupt(error: CorruptRun, run: TaskRun): Failure {
  const code = error instanceof MissingRun ? 'E_MAP_OUTPUT_LOST' : 'E_CORRUPT';
  for (const [edge, outputs] of Object.entries(run.task.sources)) {
    const output = outputs.find(one => one.path === error.path);
    const from = run.job.graph.edges[Number(edge)]?.from;
    if (output === undefined || from === undefined) continue;
    return { code, message: error.message, lost: { stage: from, task: output.task, attempt: output.attempt } };
  }
  return { code, message: error.message };
}
