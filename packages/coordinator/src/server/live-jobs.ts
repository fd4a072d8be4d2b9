// The submissions that have not ended, as they were planned: what publishing, cleaning up and keeping blobs needs to know.
// Filled from the journal at the start, then kept in step with it.

import { type JobId, UsageError } from '@sheaf/protocol';
import type { JobFacts, JournalRecord } from '../scheduler/index.ts';

export class LiveJobs {
  private readonly jobs = new Map<JobId, JobFacts>();

  /** Follows one record of the journal, at replay and as it is written. */
  follow(record: JournalRecord): void {
    if (record.type === 'job-accepted') this.jobs.set(record.job.id, record.job);
    if (record.type === 'job-ended') this.jobs.delete(record.job);
  }

  get(job: JobId): JobFacts | null {
    return this.jobs.get(job) ?? null;
  }

  get ids(): JobId[] {
    return [...this.jobs.keys()];
  }

  needsBlob(sha256: string): boolean {
    for (const { opening } of this.jobs.values()) {
      if (opening.bundle === sha256 || opening.sourceMap === sha256) return true;
      for (const name in opening.blobs) if (opening.blobs[name] === sha256) return true;
    }
    return false;
  }

  /** Two jobs that write one folder would undo each other. Throws UsageError. */
  mustNotWrite(folders: readonly string[]): void {
    for (const { id, output } of this.jobs.values()) {
      const both = folders.find(folder => output.includes(folder));
      if (both !== undefined) throw new UsageError(`the job ${id} is writing ${both}; wait for it, cancel it, or write elsewhere`);
    }
  }
}
