// A task that waits on a worker, behind one that turned out long, is taken back when another worker has a free slot for it and
// nothing else to do. What its worker still says of it is fenced, as of any attempt that does not count.

import { limits } from '@sheaf/protocol';
import { fits } from './pick.ts';
import type { Attempt, SchedulerState, WorkerRun } from './state.ts';
import { endAttempt, moveTask } from './transitions.ts';
import { troubleOf } from './troubles.ts';
import { cancelAt, type Turn, tell } from './turn.ts';

/** Takes back as many as there are free slots elsewhere. Whether it was any. */
export function takeBackStuck(turn: Turn): boolean {
  const { state } = turn;
  if (state.queued.size === 0 || state.free.size === 0) return false;
  let taken = 0;
  for (const worker of [...state.queued]) {
    let room = freeSlots(turn, worker) - taken;
    // The first ones run; then they wait in the order of their assignment.
    for (const attempt of [...worker.attempts].slice(worker.slots)) {
      if (room <= 0 || attempt.assignedAt + limits.queuedStuckMs > turn.at) break;
      if (!isWantedElsewhere(turn, attempt)) continue;
      takeBack(turn, attempt);
      room--;
      taken++;
    }
  }
  return taken > 0;
}

/** When to look again for something to take back; infinity while no worker has room. */
export function stuckAt(state: SchedulerState): number {
  let earliest = Number.POSITIVE_INFINITY;
  if (state.free.size === 0) return earliest;
  for (const worker of state.queued) {
    let at = 0;
    for (const { assignedAt } of worker.attempts) {
      if (at++ < worker.slots) continue;
      const dueAt = assignedAt + limits.queuedStuckMs;
      // What was due and is still there fits no other worker, for now.
      earliest = Math.min(earliest, dueAt > state.now ? dueAt : state.now + limits.queuedStuckMs);
      break;
    }
  }
  return earliest;
}

function freeSlots({ state }: Turn, except: WorkerRun): number {
  let slots = 0;
  for (const worker of state.free) if (worker !== except) slots += worker.slots - worker.usedSlots;
  return slots;
}

function isWantedElsewhere({ state, at }: Turn, { worker, job, stage }: Attempt): boolean {
  for (const other of state.free) if (other !== worker && fits(at, other, { job, stage })) return true;
  return false;
}

function takeBack(turn: Turn, attempt: Attempt): void {
  const { worker, stage, task, number } = attempt;
  const reason = 'another worker has a free slot';
  endAttempt(turn, attempt, 'cancelled');
  tell(turn, attempt, `taken back from ${worker.id}: ${reason}`);
  if (worker.session !== null) cancelAt(turn, worker.session, attempt.id, reason);
  troubleOf(attempt, number).worker = worker.index;
  if (!stage.live.has(task)) moveTask(turn, attempt, 'pending');
}
