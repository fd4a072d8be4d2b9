// What the committed tasks of a stage came to, for people who look on and for `explain` after a run. Sums are over tasks that
// count; nothing that decides anything reads them.

import type { EdgeId } from '../ids.ts';
import type { WorkCounters } from './work-counters.ts';

export interface StageMeasures extends WorkCounters {
  /** When the first of its tasks began, and when the last one committed: milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Time and processor time of its tasks, added up. */
  readonly taskMs: number;
  readonly cpuMs: number;
  /** What it wrote to other stages. */
  readonly sent: readonly SentMeasure[];
  /** Of a stage that joins. */
  readonly joined?: JoinedKeys;
  /** Over tasks: what one of them took and read. */
  readonly task: { readonly ms: Spread; readonly records: Spread; readonly bytes: Spread };
}

/**
 * How many keys both sides of a join had (of a broadcast one: how many records found a partner); and of each side an example of a
 * key that it had alone, with its type. Of a broadcast side the example is any key.
 */
export interface JoinedKeys {
  readonly keys: number;
  readonly left: string | null;
  readonly right: string | null;
}

/** What went out on one edge: bytes of run files. */
export interface SentMeasure {
  readonly edge: EdgeId;
  readonly records: number;
  readonly bytes: number;
}

/** The least, the middle one and the most; `largest` is the task that has the most, the first of several. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly largest: number;
}
