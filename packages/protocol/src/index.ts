export { executorCertificates } from './executor-certificates.ts';
export type { Failure, FailureCode, FailureOrigin, LastSeen, RecordPlace } from './failures.ts';
export { FailureError, failureCodes, UsageError } from './failures.ts';
export type { AttemptId, EdgeId, Epoch, JobId, OutputId, SessionId, StageId, StepId, TaskIndex, WorkerId } from './ids.ts';
export {
  attemptIdOf,
  attemptText,
  compareAttempts,
  epochOf,
  isAttemptId,
  isJobId,
  isSessionId,
  isWorkerId,
  jobIdOf,
  parseAttemptId,
  parseJobId,
  parseSessionId,
  parseWorkerId,
  sessionIdOf,
} from './ids.ts';
export { limits } from './limits.ts';
export { isPartFolder } from './part-folder.ts';
