// What waits for its time. Tasks that failed wait before they are tried again: a list by the time at which they are due, short as
// no more tasks fail at a time than there are slots. Workers have deadlines, of which the earliest is kept.

import { limits } from '@sheaf/protocol';
import type { DelayedTask, Rest, SchedulerState, StageRun, Trouble } from './state.ts';

export function rememberDelayed(state: SchedulerState, task: DelayedTask): void {
  let at = state.delayed.length;
  while (at > 0 && (state.delayed[at - 1]?.dueAt ?? 0) > task.dueAt) at--;
  state.delayed.splice(at, 0, task);
}

export function forgetDelayed(state: SchedulerState, { stage, task }: { readonly stage: StageRun; readonly task: number }): void {
  const at = state.delayed.findIndex(delayed => delayed.stage === stage && delayed.task === task);
  if (at !== -1) state.delayed.splice(at, 1);
}

/** The tasks that are due by now. */
export function dueTasks(state: SchedulerState, now: number): DelayedTask[] {
  const later = state.delayed.findIndex(task => task.dueAt > now);
  return state.delayed.slice(0, later === -1 ? state.delayed.length : later);
}

/** How long a task waits after it failed: not at all the first time, then doubling. */
export function retryDelayMs(trouble: Trouble): number {
  const failures = trouble.own + trouble.lost;
  if (failures <= 1) return 0;
  return Math.min(limits.retryDelayMsMax, limits.retryDelayMs * 2 ** Math.min(failures - 2, 30));
}

/** Leaves a worker alone for a while, each time twice as long. */
export function restLonger(state: SchedulerState, rest: Rest): void {
  rest.until = state.now + Math.min(limits.workerRestMsMax, limits.workerRestMs * 2 ** Math.min(rest.times, 30));
  rest.times++;
  mindDeadline(state, rest.until);
}

/** A deadline of some worker is new: the scheduler is to be woken by then. */
export function mindDeadline(state: SchedulerState, at: number): void {
  state.workersDueAt = Math.min(state.workersDueAt, at);
}
