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

/**
 * The first partition of each task. There are as many tasks as the rule's bytes go into all there is, and no fewer than its `min`;
 * a partition goes to the task whose even share of the bytes its middle lies in, so one that is large has a task of its own.
 */
export function coalesce({ bytes, partitions, outputs }: Measured, rule: AutoCount): number[] {
  const length = stretchLength(partitions);
  const sizeOf = (partition: number): number => {
    const at = Math.floor(partition / length);
    // Of partitions that were measured together each is taken for the average.
    const measured = Math.min(length, partitions - at * length);
    return (bytes[at] ?? 0) / measured + outputs * bytesPerStretch;
  };
  let total = 0;
  for (let partition = 0; partition < partitions; partition++) total += sizeOf(partition);
  const tasks = Math.min(partitions, Math.max(rule.min, Math.ceil(total / found(rule.coalesceBytes, 'coalesceBytes'))));
  const starts: number[] = [];
  let before = 0;
  let last = -1;
  for (let partition = 0; partition < partitions; partition++) {
    const size = sizeOf(partition);
    const share = Math.floor(((before + size / 2) * tasks) / Math.max(1, total));
    if (share !== last) starts.push(partition);
    last = share;
    before += size;
  }
  if (starts.length >= rule.min) return starts;
  return Array.from({ length: rule.min }, (_, i) => Math.floor((i * partitions) / rule.min));
}

function stretchLength(partitions: number): number {
  return Math.ceil(partitions / limits.sizedStretchesMax);
}
