// How a submission ends that the coordinator did not take.

import { RejectedError } from '../submit/rejected-error.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { reportOptions } from './follow-job.ts';
import { reportFailure } from './report-failure.ts';
import type { Terminal } from './terminal.ts';

/** The exit code of a submission that was turned down, with the reason told; any other error is thrown on. */
export function rejected(error: unknown, terminal: Terminal): ExitCode {
  if (!(error instanceof RejectedError)) throw error;
  if (error.kind === 'failed') {
    terminal.say(reportFailure(error.failure, reportOptions(terminal)));
    return exitCodes.failed;
  }
  terminal.say(`error: ${error.failure.message}`);
  return exitCodes.usage;
}
