// The join of one group: side 0 is left, side 1 right. The left values are held, the right ones stream past them; never are
// both sides in memory, and of the left no more than a limit: beyond it they lie in a file that is read once for each right
// value, which is a decoding more for each pair. Of a semi or anti join side 0 is the right: whether it has the key is known
// before the left values stream past. The order is that of the right values, and for each that of the left ones.

import type { JoinKind } from '@sheaf/protocol/graph';
import type { TaskParts } from '../task-parts.ts';
import { HeldValues } from './held-values.ts';
import type { JoinKeys } from './join-keys.ts';
import type { GroupPush, Push } from './step-calls.ts';

/** Gives [key, { left, right }] for each pair of values, and by the kind of join for those without a partner. */
export function joinGroup(kind: JoinKind, next: Push, { task, progress, joinKeys }: TaskParts): GroupPush {
  if (kind === 'cogroup') return cogroup(next);
  if (kind === 'semi' || kind === 'anti') return present(kind === 'semi', next, joinKeys);
  const keepsLeft = kind === 'left' || kind === 'full';
  const keepsRight = kind === 'right' || kind === 'full';
  const lefts = new HeldValues(task.directory);
  return groups => {
    const key = groups.key();
    let rights = 0;
    try {
      for (;;) {
        const before = groups.bytesRead;
        if (!groups.nextValue()) break;
        if (groups.side === 0) {
          lefts.add(groups.value, groups.bytesRead - before);
          continue;
        }
        const right = groups.value;
        if (rights++ === 0) {
          if (lefts.length > 0) joinKeys.both();
          else joinKeys.only('right', key);
        }
        progress.advance();
        lefts.each(left => next([key, { left, right }]));
        if (lefts.length === 0 && keepsRight) next([key, { left: undefined, right }]);
        // Nothing comes of the right values of a key that the left side has not.
        if (lefts.length === 0 && !keepsRight) return;
      }
      if (rights === 0) joinKeys.only('left', key);
      if (rights === 0 && keepsLeft) lefts.each(left => next([key, { left, right: undefined }]));
    } finally {
      lefts.clear();
    }
  };
}

/** Gives [key, left] for the left values whose key the other side has, or has not. */
function present(wanted: boolean, next: Push, joinKeys: JoinKeys): GroupPush {
  return groups => {
    const key = groups.key();
    const found = groups.nextSide() === 0;
    if (!found) joinKeys.only('left', key);
    if (found) groups.skipSide(0);
    if (found && groups.nextSide() === 1) joinKeys.both();
    else if (found) joinKeys.only('right', key);
    if (found !== wanted) return;
    while (groups.nextValue()) next([key, groups.value]);
  };
}

/** Gives [key, lefts, rights]. */
function cogroup(next: Push): GroupPush {
  return groups => {
    const key = groups.key();
    const sides: [unknown[], unknown[]] = [[], []];
    while (groups.nextValue()) sides[groups.side === 0 ? 0 : 1].push(groups.value);
    next([key, sides[0], sides[1]]);
  };
}
