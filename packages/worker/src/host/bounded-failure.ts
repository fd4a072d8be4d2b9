// What comes from an executor was shaped by user code. Before it goes on it is cut to the limits and checked, as the
// coordinator ends a link that sends anything else.

import { type Failure, failureCodes, limits, type RecordPlace } from '@sheaf/protocol';
import { checkMessage, isCommonResult, workerMessageSchema } from '@sheaf/protocol/control-codec';
import type { TaskResult } from '@sheaf/protocol/messages';

/** The failure within the limits; one that is no failure at all is a bug of the executor, and said to be. */
export function boundedFailure(failure: Failure): Failure {
  const bounded = cut(failure);
  const name = { job: 'j000000000000', stage: 0, task: 0, attempt: '1.1' };
  const checked = checkMessage(workerMessageSchema, { type: 'failed', ...name, failure: bounded, durationMs: 0 });
  return checked.success ? bounded : { code: 'E_INTERNAL', message: `the executor sent a malformed failure: ${String(bounded.message)}` };
}

export function isTaskResult(result: unknown): result is TaskResult {
  if (isCommonResult(result)) return true;
  const name = { job: 'j000000000000', stage: 0, task: 0, attempt: '1.1' };
  return checkMessage(workerMessageSchema, { type: 'succeeded', ...name, result }).success;
}

function cut(failure: Failure): Failure {
  if (typeof failure !== 'object' || failure === null) return { code: 'E_INTERNAL', message: 'the executor sent no failure' };
  const message = String(failure.message).slice(0, limits.failureMessageCharsMax);
  return {
    code: Object.hasOwn(failureCodes, failure.code) ? failure.code : 'E_INTERNAL',
    message,
    ...(failure.record === undefined ? {} : { record: cutPlace(failure.record) }),
    ...(failure.stack === undefined ? {} : { stack: String(failure.stack).slice(0, limits.failureStackCharsMax) }),
    ...(failure.lost === undefined ? {} : { lost: failure.lost }),
  };
}

function cutPlace(place: RecordPlace): RecordPlace {
  const entries = Object.entries(place).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.slice(0, limits.failureMessageCharsMax) : value,
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}
