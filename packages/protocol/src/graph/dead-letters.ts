// Which tasks may skip records: those that read an input, in a job with `onError`. What such a task leaves out goes to the output
// of the dead letters, which no step writes.

import type { OutputId, Stage, StageGraph } from './types.ts';

/** The output that tasks of the stage write a part of when they skip records; null: they skip none. */
export function deadLettersOf({ onError }: StageGraph, { tasks }: Stage): OutputId | null {
  return onError === null || tasks.type !== 'splits' ? null : onError.deadLetter;
}
