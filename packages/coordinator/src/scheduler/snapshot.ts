// The shortest journal that gives the same durable state: what a snapshot is made of.

import type { JournalRecord } from './records.ts';
import type { SchedulerState } from './state.ts';

/** Records that, replayed into an empty state, give this one again: the journal up to now may be replaced by them. */
export function* recordsOf(_state: SchedulerState): Generator<JournalRecord> {}
