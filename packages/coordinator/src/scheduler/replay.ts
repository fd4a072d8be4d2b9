// Recovery: the journal's records, in order, into an empty state.

import type { JournalRecord } from './records.ts';
import type { SchedulerState } from './state.ts';

/** Changes `state` as the step that wrote the record did. Throws when the record does not fit: the journal is not whole. */
export function replay(_state: SchedulerState, _record: JournalRecord): void {}
