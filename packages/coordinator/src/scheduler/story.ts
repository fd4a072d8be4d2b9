// What is remembered of a job or one of its tasks, for whoever asks what happened to it.

import type { JobId, StageId, TaskIndex } from '@sheaf/protocol';
import type { SchedulerState } from './state.ts';
import type { StoryEntry } from './story-ring.ts';

export interface StoryOf {
  readonly job: JobId;
  readonly stage?: StageId;
  readonly task?: TaskIndex;
}

/** The remembered story of a job, of one of its stages or of one of its tasks, oldest first; what concerns the whole job is part of each. */
export function story(state: SchedulerState, of: StoryOf): StoryEntry[] {
  const ring = state.jobs.get(of.job)?.story ?? state.ended.get(of.job)?.story;
  return (ring?.all() ?? []).filter(
    entry =>
      (of.stage === undefined || entry.stage === null || entry.stage === of.stage) &&
      (of.task === undefined || entry.task === null || entry.task === of.task),
  );
}
