// The shared storage that outputs are published to. Publishing and aborting may be asked for again after a crash; whatever the
// order of crashes, a job's output appears once, whole, and never after its staging was removed.

import type { PartsOfOutput } from '@sheaf/coordinator/scheduler';
import type { JobId } from '@sheaf/protocol';

export class OutputStore {
  readonly published: Map<JobId, readonly PartsOfOutput[]> = new Map();
  readonly aborted: Set<JobId> = new Set();

  publish(job: JobId, outputs: readonly PartsOfOutput[]): void {
    if (this.aborted.has(job)) throw new Error(`${job} is published after its staging was removed`);
    const before = this.published.get(job);
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(outputs))
      throw new Error(`${job} is published anew with other parts`);
    this.published.set(job, outputs);
  }

  abort(job: JobId): void {
    if (this.published.has(job)) throw new Error(`${job} is aborted after it was published`);
    this.aborted.add(job);
  }
}
