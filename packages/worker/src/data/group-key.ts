// The key of a group as a job sees it: the value of its one part, or a list of its parts.

import { decodeKey, decodeKeyDescending, keyEnd, keyEndDescending } from './key-codec.ts';

export interface GroupParts {
  /** By part of the key: whether it is descending. */
  readonly descending: readonly boolean[];
  /** How many parts are the group. */
  readonly group: number;
}

/** The group's key, whose first part begins at `at`. */
export function decodeGroup(source: Uint8Array, at: number, { descending, group }: GroupParts): unknown {
  if (group === 1) return descending[0] === true ? decodeKeyDescending(source, at) : decodeKey(source, at);
  const parts: unknown[] = [];
  let next = at;
  for (let i = 0; i < group; i++) {
    const down = descending[i] === true;
    parts.push(down ? decodeKeyDescending(source, next) : decodeKey(source, next));
    next = down ? keyEndDescending(source, next) : keyEnd(source, next);
  }
  return parts;
}
