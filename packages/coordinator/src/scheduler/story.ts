// What happened to a job's tasks, as it happened: a bounded ring per job.

import type { AttemptId, JobId, StageId, TaskIndex } from '@sheaf/protocol';
import type { SchedulerState } from './state.ts';

export interface StoryEntry {
  readonly at: number;
  readonly stage: StageId | null;
  readonly task: TaskIndex | null;
  readonly attempt: AttemptId | null;
  readonly what: string;
  readonly cause: string;
}

/** The remembered story of a job, of one of its stages or of one of its tasks, oldest first. */
export function story(
  _state: SchedulerState,
  _of: { readonly job: JobId; readonly stage?: StageId; readonly task?: TaskIndex },
): StoryEntry[] {
  return [];
}
