// Short tasks wait on their workers, so that no slot is idle while a result is journalled and the next task is on its way. A worker
// gets more tasks than it has slots only while the tasks of a stage took little time, and not more than its share of those that
// are left; what then waits behind a task that turns out long is taken back (stuck.ts).

import { limits } from '@sheaf/protocol';
import type { SchedulerState, StageRun, WorkerRun } from './state.ts';
import { slotsOf, tableOf } from './transitions.ts';

/** The newest tasks tell most of what the next one will take. */
const newestShare = 0.25;

/** A task of the stage took so long. */
export function noteDuration(stage: StageRun, durationMs: number): void {
  stage.usualMs = stage.usualMs === null ? durationMs : stage.usualMs + newestShare * (durationMs - stage.usualMs);
}

/** How many tasks of the stage may wait on a worker for each of its slots. */
export function queueDepth(state: SchedulerState, stage: StageRun): number {
  if (stage.usualMs === null || slotsOf(stage) > 1) return 0;
  const short = Math.max(stage.usualMs <= limits.queuedTaskMs ? 1 : 0, Math.floor(limits.queuedWorkMs / Math.max(1, stage.usualMs)));
  if (short === 0) return 0;
  let slots = 0;
  for (const worker of state.sessions.values()) slots += worker.slots;
  return Math.min(limits.queuedPerSlotMax, short, Math.floor(tableOf(stage).ready.size / Math.max(1, slots)));
}

/** Whether one more task may wait on the worker: beside tasks of one slot alone, as a larger one is not to be crowded. */
export function mayQueue(worker: WorkerRun, depth: number): boolean {
  return worker.usedSlots === worker.attempts.size && worker.usedSlots < worker.slots * (1 + depth);
}
