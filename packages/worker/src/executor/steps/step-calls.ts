// The steps that hand a record to user code, as kernels: each stage instantiates its own, so that its loop knows one function
// and one next step.

import type { Groups } from '../shuffle/groups.ts';
import type { UserContext } from '../task-context.ts';

export type Push = (record: unknown) => void;

/** What takes the groups of a `receive`: reads as many of the group's values as it wants. */
export type GroupPush = (groups: Groups) => void;

type Call = (record: unknown, context: UserContext) => unknown;
type MapEmit = (record: unknown, emit: (key: unknown, value: unknown) => void, context: UserContext) => void;

export function mapKernel(map: Call, context: UserContext, next: Push): Push {
  return record => next(map(record, context));
}

export function filterKernel(keep: Call, context: UserContext, next: Push): Push {
  return record => {
    if (keep(record, context)) next(record);
  };
}

/** `iterable` refuses what is none. */
export function flatMapKernel(
  map: Call,
  context: UserContext,
  { next, iterable }: { next: Push; iterable: (given: unknown) => Iterable<unknown> },
): Push {
  return record => {
    const records = map(record, context);
    if (Array.isArray(records)) {
      for (let i = 0; i < records.length; i++) next(records[i]);
      return;
    }
    for (const one of iterable(records)) next(one);
  };
}

export function mapEmitKernel(map: MapEmit, context: UserContext, next: Push): Push {
  const emit = (key: unknown, value: unknown): void => next([key, value]);
  return record => map(record, emit, context);
}

/** Gives [partition, record]. `checked` throws for what is no partition. */
export function partitionKernel(
  partition: (record: unknown, partitions: number) => unknown,
  partitions: number,
  { next, checked }: { next: Push; checked: (given: unknown) => number },
): Push {
  return record => next([checked(partition(record, partitions)), record]);
}

/** A record that goes to several steps goes to each in their order. */
export function fanOut(pushes: readonly Push[]): Push {
  if (pushes.length === 1) return pushes[0] as Push;
  return record => {
    for (const push of pushes) push(record);
  };
}
