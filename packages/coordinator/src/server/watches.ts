// Who follows which job. A watcher is sent the job's status at once, then at most four times a second when it has changed,
// every note as it happens, and the last status when the job ends; with that the watch is over.

import { type JobId, limits } from '@sheaf/protocol';
import type { JobNote, JobStatus, ServerMessage } from '@sheaf/protocol/messages';

/** One `watch` request of one client. */
export interface Watcher {
  readonly job: JobId;
  readonly request: number;
  readonly send: (message: ServerMessage) => void;
}

interface Watching extends Watcher {
  /** JSON text of the status sent last. */
  shown: string;
}

export class Watches {
  private readonly statusOf: (job: JobId) => JobStatus | null;
  private readonly reached: () => Promise<void>;
  private readonly watchings = new Map<JobId, Set<Watching>>();
  private count = 0;
  private timer: NodeJS.Timeout | undefined;

  /** `reached` resolves when what the statuses tell now is on disk. */
  constructor(options: { readonly statusOf: (job: JobId) => JobStatus | null; readonly reached: () => Promise<void> }) {
    this.statusOf = options.statusOf;
    this.reached = options.reached;
  }

  /** Starts a watch of a job that is known. Gives what ends it, or null when there are as many as there may be. */
  add(watcher: Watcher): (() => void) | null {
    if (this.count >= limits.watchersMax) return null;
    const watching: Watching = { ...watcher, shown: '' };
    const ofJob = this.watchings.get(watcher.job) ?? new Set();
    this.watchings.set(watcher.job, ofJob.add(watching));
    this.count += 1;
    this.timer ??= setInterval(() => this.look(), limits.watchIntervalMs);
    void this.begin(watching);
    return () => this.remove(watching);
  }

  note(job: JobId, note: JobNote): void {
    for (const { send, request } of this.watchings.get(job) ?? []) send({ type: 'note', request, note });
  }

  /** The last status of a job: sent to all who watch it. */
  ended(status: JobStatus): void {
    for (const watching of this.watchings.get(status.id) ?? []) this.show(watching, status);
  }

  close(): void {
    clearInterval(this.timer);
    this.watchings.clear();
  }

  private async begin(watching: Watching): Promise<void> {
    await this.reached();
    if (this.watchings.get(watching.job)?.has(watching) === true) this.show(watching, this.statusOf(watching.job));
  }

  /** The last status is not shown from here: it may not be on disk yet. */
  private look(): void {
    for (const [job, ofJob] of this.watchings) {
      const status = this.statusOf(job);
      if (status?.endedAt === null) for (const watching of ofJob) this.show(watching, status);
    }
  }

  private show(watching: Watching, status: JobStatus | null): void {
    if (status === null) return;
    const text = JSON.stringify(status);
    if (text !== watching.shown) watching.send({ type: 'status', request: watching.request, status });
    watching.shown = text;
    if (status.endedAt !== null) this.remove(watching);
  }

  private remove(watching: Watching): void {
    const ofJob = this.watchings.get(watching.job);
    if (ofJob === undefined || !ofJob.delete(watching)) return;
    this.count -= 1;
    if (ofJob.size === 0) this.watchings.delete(watching.job);
    if (this.count > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
