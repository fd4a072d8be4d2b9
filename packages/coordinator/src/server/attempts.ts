// Which worker ran which attempt: what is needed to fetch an attempt's log from where it lies. Remembered for the attempts
// handed out last and for those that returning workers name; a restarted coordinator knows no others.

import { type AttemptId, type JobId, limits, type WorkerId } from '@sheaf/protocol';
import type { AttemptName } from '@sheaf/protocol/messages';

export interface KnownAttempt extends AttemptName {
  readonly worker: WorkerId;
}

export class KnownAttempts {
  private readonly attempts = new Map<AttemptId, KnownAttempt>();

  add({ job, stage, task, attempt }: AttemptName, worker: WorkerId): void {
    this.attempts.set(attempt, { job, stage, task, attempt, worker });
    if (this.attempts.size <= limits.attemptsRememberedMax) return;
    for (const oldest of this.attempts.keys()) {
      this.attempts.delete(oldest);
      return;
    }
  }

  get(attempt: AttemptId): KnownAttempt | null {
    return this.attempts.get(attempt) ?? null;
  }

  ofJob(job: JobId): KnownAttempt[] {
    return [...this.attempts.values()].filter(known => known.job === job);
  }
}
