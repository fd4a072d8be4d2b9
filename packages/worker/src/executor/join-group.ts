// The join of one group: side 0 is left, side 1 right. The left values are held, the right ones stream past them. Of a semi or
// anti join side 0 is the right: whether it has the key is known before the left values stream past.

import type { JoinKind } from '@sheaf/protocol/graph';
import type { Push } from './step-calls.ts';
import type { GroupPush } from './step-chain.ts';

/** Gives [key, { left, right }] for each pair of values, and by the kind of join for those without a partner. */
export function joinGroup(kind: JoinKind, next: Push): GroupPush {
  if (kind === 'cogroup') return cogroup(next);
  if (kind === 'semi' || kind === 'anti') return present(kind === 'semi', next);
  const keepsLeft = kind === 'left' || kind === 'full';
  const keepsRight = kind === 'right' || kind === 'full';
  return groups => {
    const key = groups.key();
    const lefts: unknown[] = [];
    let rights = 0;
    while (groups.nextValue()) {
      if (groups.side === 0) {
        lefts.push(groups.value);
        continue;
      }
      rights++;
      for (const left of lefts) next([key, { left, right: groups.value }]);
      if (lefts.length === 0 && keepsRight) next([key, { left: undefined, right: groups.value }]);
    }
    if (rights === 0 && keepsLeft) for (const left of lefts) next([key, { left, right: undefined }]);
  };
}

/** Gives [key, left] for the left values whose key the other side has, or has not. */
function present(wanted: boolean, next: Push): GroupPush {
  return groups => {
    const key = groups.key();
    let found = false;
    while (groups.nextValue()) {
      if (groups.side === 0) found = true;
      else if (found === wanted) next([key, groups.value]);
      else return;
    }
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
