// Small partitions of a shuffle are read by one task: how many tasks read how many neighbours is a pure function of the raw bytes
// of the partitions, the number of map outputs and the stage's rule, so that it is the same inline and on every cluster. Raw bytes
// are those of the records before any codec. Such a task merges its partitions into one order: the groups of a part come in the
// order of their keys, as ever.

import { limits } from '@sheaf/protocol';
import type { Count, Stage } from '@sheaf/protocol/graph';
import { found } from './assert.ts';

type AutoCount = Extract<Count, { readonly type: 'auto' }>;

/** What it takes to seek and merge the part of an output that is in one partition, however small: as long as so many bytes. */
const bytesPerStretch = 1_024;

/** The rule of a stage whose partitions may be read together, when there are more of them than it must have tasks; else null. */
export function coalescingOf({ tasks }: Stage, partitions: number): AutoCount | null {
  if (tasks.type !== 'partitions' || tasks.count.type !== 'auto') return null;
  return tasks.count.coalesceBytes !== undefined && partitions > tasks.count.min ? tasks.count : null;
}

/** Sums over stretches of neighbouring partitions, of equal lengths but the last: no more than `limits.sizedStretchesMax`, however many partitions there are. */
export function stretchBytes(partitionBytes: readonly number[]): number[] {
  const length = stretchLength(partitionBytes.length);
  const sums = new Array<number>(Math.ceil(partitionBytes.length / length)).fill(0);
  partitionBytes.forEach((bytes, partition) => {
    const at = Math.floor(partition / length);
    sums[at] = (sums[at] ?? 0) + bytes;
  });
  return sums;
}

export interface Measured {
  /** Of all map outputs together, by stretch. */
  readonly bytes: readonly number[];
  readonly partitions: number;
  /** Map outputs, over all edges. */
  readonly outputs: number;
}

/** The first partition of each task: tasks take neighbours as long as they stay within the rule's bytes, and are at least its `min`. */
export function coalesce({ bytes, partitions, outputs }: Measured, rule: AutoCount): number[] {
  const length = stretchLength(partitions);
  const pieces = bytes.map((own, at) => {
    const from = at * length;
    const count = Math.min(length, partitions - from);
    return { from, count, bytes: own + count * outputs * bytesPerStretch };
  });
  const total = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
  const most = Math.max(1, Math.min(found(rule.coalesceBytes, 'coalesceBytes'), Math.ceil(total / rule.min)));
  const starts: number[] = [];
  let room = -1;
  for (const piece of pieces) {
    if (piece.bytes <= room) {
      room -= piece.bytes;
      continue;
    }
    // A stretch that is too large for one task is cut evenly, down to its partitions.
    const tasks = Math.min(piece.count, Math.max(1, Math.ceil(piece.bytes / most)));
    for (let i = 0; i < tasks; i++) starts.push(piece.from + Math.floor((i * piece.count) / tasks));
    room = tasks === 1 ? most - piece.bytes : 0;
  }
  if (starts.length >= rule.min) return starts;
  return Array.from({ length: rule.min }, (_, i) => Math.floor((i * partitions) / rule.min));
}

function stretchLength(partitions: number): number {
  return Math.ceil(partitions / limits.sizedStretchesMax);
}
