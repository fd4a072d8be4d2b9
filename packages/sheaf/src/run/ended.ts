// From the last status of a job to what its caller is told.

import type { Failure } from '@sheaf/protocol';
import type { JobStatus } from '@sheaf/protocol/messages';
import { answerValues } from '../cli/answer-values.ts';
import { locateRecord } from '../cli/locate-record.ts';
import { reportFailure } from '../cli/report-failure.ts';
import { AbortedRun } from './abort.ts';
import type { Outcome } from './outcome.ts';
import type { AbortSignalLike } from './run-options.ts';

const reportWidth = 160;

/** `cause`: what the job's code threw, where that is known. */
export async function endedJob(status: JobStatus, signal: AbortSignalLike | undefined, cause?: unknown): Promise<Outcome> {
  const { id, name, counters } = status;
  if (status.state === 'succeeded') return { type: 'succeeded', id, counters, answers: answerValues(status) ?? {} };
  if (status.state === 'cancelled' && signal?.aborted === true) throw new AbortedRun();
  const failure = status.error === null ? null : await locateRecord(status.error);
  if (failure === null) return { type: 'not-succeeded', id, message: `${name} was cancelled (${id})`, failure };
  return { type: 'not-succeeded', id, message: failedText(`${name} failed (${id})`, failure), failure, cause };
}

/** The head and the report of a failure below it. */
export function failedText(head: string, failure: Failure): string {
  return `${head}\n${reportFailure(failure, { cwd: process.cwd(), width: reportWidth })}`;
}
