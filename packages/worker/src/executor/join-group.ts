// The join of one group: side 0 is left, side 1 right. The left values are held, the right ones stream past them.

import type { Push } from './step-calls.ts';
import type { GroupPush } from './step-chain.ts';

type JoinKind = 'inner' | 'left' | 'right' | 'full' | 'cogroup';

/** Gives [key, { left, right }] for each pair of values, and by the kind of join for those without a partner. */
export function joinGroup(kind: JoinKind, next: Push): GroupPush {
  if (kind === 'cogroup') return cogroup(next);
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

/** Gives [key, lefts, rights]. */
function cogroup(next: Push): GroupPush {
  return groups => {
    const key = groups.key();
    const sides: [unknown[], unknown[]] = [[], []];
    while (groups.nextValue()) sides[groups.side === 0 ? 0 : 1].push(groups.value);
    next([key, sides[0], sides[1]]);
  };
}
