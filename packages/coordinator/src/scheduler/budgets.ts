// How often a task may fail. Failures of its own (user code, input, output) and those of the machines have a budget each; two
// failures of its own that are equal in message, stack and place are final, unless the job set its attempts itself.

import { type Failure, failureCodes } from '@sheaf/protocol';
import type { JobRun, Trouble } from './state.ts';

/** Charges a failed attempt. Gives the failure back when it is the last that is allowed, else null. */
export function charge(job: JobRun, trouble: Trouble, failure: Failure): Failure | null {
  const { origin, retryable } = failureCodes[failure.code];
  if (!retryable) return failure;
  // A worker that is told to go gives its attempts back: that is nobody's failure.
  if (failure.code === 'E_DRAINED') return null;
  if (origin === 'infrastructure') {
    trouble.lost++;
    return trouble.lost >= job.graph.settings.infrastructureAttempts ? failure : null;
  }
  trouble.own++;
  const signature = JSON.stringify([failure.code, failure.message, failure.stack, failure.record?.file, failure.record?.offset]);
  const again = signature === trouble.signature;
  trouble.signature = signature;
  if (again && !job.facts.attemptsGiven) return failure;
  return trouble.own >= job.graph.settings.attempts ? failure : null;
}
