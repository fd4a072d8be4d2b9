// What a coordinator did not take.

import type { Failure } from '@sheaf/protocol';

/** The coordinator will not do what was asked; `failure` says why. */
export class RejectedError extends Error {
  readonly kind: 'usage' | 'failed' | 'unknown-job';
  readonly failure: Failure;
  constructor(kind: 'usage' | 'failed' | 'unknown-job', failure: Failure) {
    super(failure.message);
    this.name = 'RejectedError';
    this.kind = kind;
    this.failure = failure;
  }
}
