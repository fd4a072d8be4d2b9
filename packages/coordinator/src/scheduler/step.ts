// The scheduler's one entry: an event in, commands out.

import type { SchedulerCommand } from './commands.ts';
import type { SchedulerEvent } from './events.ts';
import type { SchedulerState } from './state.ts';

/** Changes `state` in place and says what is to be done. Same states and events give the same commands. Throws only for a bug of ours. */
export function step(_state: SchedulerState, _event: SchedulerEvent): SchedulerCommand[] {
  return [];
}

/** When the next `ticked` is due, or null: nothing to wait for. Ask again after each step. */
export function nextWakeAt(_state: SchedulerState): number | null {
  return null;
}
