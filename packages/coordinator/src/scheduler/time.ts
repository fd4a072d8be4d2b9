// What time alone brings about: graces that end, silence, tasks that are due again. And what it must not: a coordinator that
// stood still for a while (stopped, or busy) has heard nobody, and that is no worker's fault.

import { limits } from '@sheaf/protocol';
import { dueTasks } from './delays.ts';
import type { SchedulerState } from './state.ts';
import { stuckAt } from './stuck.ts';
import { nowhere } from './task-table.ts';
import { moveTask } from './transitions.ts';
import type { Turn } from './turn.ts';
import { dropSilent, loseWorker } from './workers.ts';

/** When the next `ticked` is due, or null: nothing to wait for. Ask again after each step. */
export function nextWakeAt(state: SchedulerState): number | null {
  // A beat of the scheduler's own: it bounds how long a standstill can go unnoticed.
  const beatAt = state.sessions.size > 0 ? state.now + limits.heartbeatIntervalMs : Number.POSITIVE_INFINITY;
  const locateUntil = state.locateUntil > state.now ? state.locateUntil : Number.POSITIVE_INFINITY;
  const retryAt = state.delayed[0]?.dueAt ?? Number.POSITIVE_INFINITY;
  const wakeAt = Math.min(beatAt, locateUntil, retryAt, stuckAt(state), state.workersDueAt);
  return wakeAt === Number.POSITIVE_INFINITY ? null : wakeAt;
}

/** The earliest of all workers' deadlines. */
function earliestDeadline(state: SchedulerState): number {
  let earliest = Number.POSITIVE_INFINITY;
  const due = (at: number): void => {
    if (at < earliest) earliest = at;
  };
  for (const worker of state.workersById.values()) {
    if (worker.state === 'away') due(worker.awayUntil);
    if (worker.state !== 'connected') continue;
    due(worker.lastHeardAt + limits.heartbeatTimeoutMs);
    if (worker.rest.until > state.now) due(worker.rest.until);
    for (const rest of worker.avoided.values()) if (rest.until > state.now) due(rest.until);
  }
  return earliest;
}

/** Moves time on to this step. If nobody was at the wheel, all deadlines that others must meet move with it. */
export function advance(state: SchedulerState, at: number): void {
  const lateMs = state.wakeAt === null ? 0 : at - state.wakeAt;
  state.now = at;
  if (lateMs <= limits.stallToleranceMs) return;
  for (const worker of state.workersById.values()) {
    worker.lastHeardAt = Math.min(at, worker.lastHeardAt + lateMs);
    worker.awayUntil += lateMs;
  }
  if (state.locateUntil > 0) state.locateUntil += lateMs;
  state.workersDueAt = earliestDeadline(state);
}

/** Carries out what is due by now. */
export function passTime(turn: Turn): void {
  const { state, at } = turn;
  for (const worker of [...state.workersById.values()]) {
    if (worker.state === 'connected' && at >= worker.lastHeardAt + limits.heartbeatTimeoutMs) dropSilent(turn, worker);
    else if (worker.state === 'away' && at >= worker.awayUntil) loseWorker(turn, worker, 'did not come back');
  }
  for (const task of dueTasks(state, at)) moveTask(turn, task, 'pending');
  if (state.locateUntil > 0 && at >= state.locateUntil) {
    state.locateUntil = 0;
    for (const job of state.jobs.values()) {
      job.resuming = false;
      job.stale = true;
      if (job.stages.some(stage => stage.outputsOn.has(nowhere))) turn.touched.add(job);
    }
  }
  state.workersDueAt = earliestDeadline(state);
}
