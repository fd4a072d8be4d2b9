// What happened to a job and its tasks, as it happened: a bounded ring per job; what is older is in the journal.

import { type AttemptId, limits, type StageId, type TaskIndex } from '@sheaf/protocol';

export interface StoryEntry {
  readonly at: number;
  readonly stage: StageId | null;
  readonly task: TaskIndex | null;
  readonly attempt: AttemptId | null;
  readonly what: string;
  readonly cause: string;
}

export class StoryRing {
  private readonly entries: StoryEntry[] = [];
  private start = 0;

  add(entry: StoryEntry): void {
    if (this.entries.length < limits.storyEventsPerJobMax) {
      this.entries.push(entry);
      return;
    }
    this.entries[this.start] = entry;
    this.start = (this.start + 1) % this.entries.length;
  }

  /** Oldest first. */
  all(): StoryEntry[] {
    return [...this.entries.slice(this.start), ...this.entries.slice(0, this.start)];
  }

  /** The newest `count` entries, as a ring of their own. */
  tail(count: number): StoryRing {
    const ring = new StoryRing();
    for (const entry of this.all().slice(-count)) ring.add(entry);
    return ring;
  }
}
