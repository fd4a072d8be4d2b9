// The works, by their numbers.

import { emptyTasks } from './empty-tasks.ts';
import { invertedIndex } from './inverted-index.ts';
import { largeWordCount, secondSlot } from './slots.ts';
import { smallJob } from './small-job.ts';
import { largeSort, sort } from './sorts.ts';
import { sumsAndJoin } from './tables.ts';
import { wordCount, wordCountOfBytes } from './word-counts.ts';
import type { Work, WorkContext } from './work.ts';

/** Makes the inputs too. */
export type MakeWork = (context: WorkContext) => Work;

/** Minutes, with what fits the memory of the machine. */
export const works: ReadonlyMap<number, MakeWork> = new Map<number, MakeWork>([
  [1, wordCount],
  [2, wordCountOfBytes],
  [3, sort],
  [5, sumsAndJoin],
  [6, invertedIndex],
  [7, smallJob],
  [8, emptyTasks],
  [9, secondSlot],
]);

/** With much input. */
export const largeWorks: ReadonlyMap<number, MakeWork> = new Map<number, MakeWork>([
  [4, largeSort],
  [8, emptyTasks],
  [9, largeWordCount],
]);
