// A cogroup that a function takes: the values of two sides under one key, each a stream that is read once. The merge delivers
// the left side before the right one, so asking for a right value ends the left ones.

import { iterableOf, UserMistake } from '../failure/user-mistake.ts';
import type { Groups } from '../shuffle/groups.ts';
import type { GroupPush, Push } from './step-calls.ts';

/** A user's function. */
export type Cogroup = (key: unknown, left: Iterable<unknown>, right: Iterable<unknown>, context: unknown) => unknown;

/** Calls `group(key, left, right, context)` and gives what comes of it. */
export function cogroupCall(group: Cogroup, context: unknown, next: Push): GroupPush {
  return groups => {
    const right = new SideValues(groups, 1);
    const left = new SideValues(groups, 0);
    for (const record of iterableOf('cogroup', group(groups.key(), left, right, context))) next(record);
  };
}

/** The values of one side: lazy, one pass, safe to abandon. */
class SideValues implements IterableIterator<unknown> {
  private readonly groups: Groups;
  private readonly side: 0 | 1;
  private readonly turn: number;
  private started = false;
  /** It has said that there are no more. */
  private ended = false;

  constructor(groups: Groups, side: 0 | 1) {
    this.groups = groups;
    this.side = side;
    this.turn = groups.turn;
  }

  [Symbol.iterator](): IterableIterator<unknown> {
    if (this.started) throw new UserMistake('each side of a cogroup can be read once: keep what you need of it, or read it in one pass');
    this.started = true;
    return this;
  }

  next(): IteratorResult<unknown> {
    const { groups } = this;
    if (groups.turn !== this.turn) throw new UserMistake('the values of a group cannot be read after its cogroup has ended');
    if (this.ended) return { value: undefined, done: true };
    if (this.side === 1) groups.skipSide(0);
    else if (groups.skipped) {
      throw new UserMistake('cogroup: the left values end when the first right one is asked for: read left before right');
    }
    if (groups.nextSide() === this.side && groups.nextValue()) return { value: groups.value, done: false };
    this.ended = true;
    return { value: undefined, done: true };
  }
}
