// What is kept of jobs that ended: their last status and the end of their story, for the newest of them.

import { limits } from '@sheaf/protocol';
import { answerBytes } from './answers.ts';
import type { EndedJob, SchedulerState } from './state.ts';

export function keepEnded(state: SchedulerState, { status, outline, story }: EndedJob): void {
  state.ended.set(status.id, { status, outline, story: story.tail(limits.storyEventsPerEndedJobMax) });
  for (const id of state.ended.keys()) {
    if (state.ended.size <= limits.jobsKeptMax) break;
    state.ended.delete(id);
  }
  forgetAnswers(state);
  forgetOutlines(state);
}

/** The oldest outlines go first. */
function forgetOutlines(state: SchedulerState): void {
  let chars = [...state.ended.values()].reduce((sum, { outline = '' }) => sum + outline.length, 0);
  for (const [id, { outline, ...ended }] of state.ended) {
    if (chars <= limits.outlinesKeptCharsMax) return;
    chars -= outline?.length ?? 0;
    state.ended.set(id, ended);
  }
}

/** The oldest answers go first; the jobs stay known. */
function forgetAnswers(state: SchedulerState): void {
  let bytes = [...state.ended.values()].reduce((sum, { status }) => sum + answerBytes(status), 0);
  for (const [id, ended] of state.ended) {
    if (bytes <= limits.answersKeptBytesMax) return;
    bytes -= answerBytes(ended.status);
    const { answers: _, ...status } = ended.status;
    state.ended.set(id, { ...ended, status });
  }
}
