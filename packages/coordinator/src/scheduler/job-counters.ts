// The counters of a job as people see them, wherever it ran: the built-in ones of each stage as `stage.counter`, those that are
// not 0, and then what user code counts, under its own names.

import { counterNames } from './counter-table.ts';

export interface CountedStage {
  readonly name: string;
  /** Sums over its committed tasks, in the order of `counterNames`. */
  readonly counters: ArrayLike<number>;
}

export function jobCounters(stages: Iterable<CountedStage>, counted: Iterable<readonly [string, number]>): { [name: string]: number } {
  const counters: (readonly [string, number])[] = [];
  for (const { name, counters: sums } of stages) {
    counterNames.forEach((counter, i) => {
      const sum = sums[i] ?? 0;
      if (sum !== 0) counters.push([`${name}.${counter}`, sum]);
    });
  }
  return Object.fromEntries([...counters, ...counted]);
}
