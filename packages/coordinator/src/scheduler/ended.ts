// What is kept of jobs that ended: their last status and the end of their story, for the newest of them.

import { limits } from '@sheaf/protocol';
import type { EndedJob, SchedulerState } from './state.ts';

export function keepEnded(state: SchedulerState, { status, story }: EndedJob): void {
  state.ended.set(status.id, { status, story: story.tail(limits.storyEventsPerEndedJobMax) });
  for (const id of state.ended.keys()) {
    if (state.ended.size <= limits.jobsKeptMax) break;
    state.ended.delete(id);
  }
}
