// All that the scheduler knows.

import type { Epoch } from '@sheaf/protocol';

export interface SchedulerState {
  readonly epoch: Epoch;
}

/** An empty state, for one life of a coordinator. Replay the journal into it, then step it with `coordinator-started`. */
export function createState(epoch: Epoch): SchedulerState {
  return { epoch };
}
