// The tasks of a stage that are known only when all that is shuffled to it was written: cut by the same rules as a coordinator's.

import { coalesce, coalescingOf, stretchBytes } from '@sheaf/coordinator/planning';
import { partitionCount, type Stage } from '@sheaf/protocol/graph';
import type { MapOutput } from '@sheaf/protocol/messages';

/** What a task reads of each shuffle: partitions, or of range edges key ranges. */
export interface TaskReads {
  readonly from: number;
  readonly to: number;
}

/** Whether the number of tasks, planned as `planned`, depends on the bytes that are shuffled to the stage. */
export function isCountedLate(stage: Stage, planned: number | 'later' | undefined): boolean {
  return planned === 'later' || (planned !== undefined && coalescingOf(stage, planned) !== null);
}

/** What each task of such a stage reads; `outputs` are all that was written on the shuffles into it. */
export function lateTasks(stage: Stage, planned: number | 'later', outputs: readonly MapOutput[]): TaskReads[] {
  const { tasks } = stage;
  if (tasks.type !== 'partitions' || tasks.count.type !== 'auto') throw new Error(`stage ${stage.name} is counted when it is planned`);
  const rule = planned === 'later' ? null : coalescingOf(stage, planned);
  if (rule === null || planned === 'later') {
    const bytes = outputs.reduce((sum, { partitionBytes }) => sum + total(partitionBytes), 0);
    const count = partitionCount(tasks.count, bytes);
    return Array.from({ length: count }, (_, task) => ({ from: task, to: task + 1 }));
  }
  const bytes = stretchBytes(new Array<number>(planned).fill(0));
  for (const { partitionBytes } of outputs) {
    stretchBytes(partitionBytes).forEach((own, at) => {
      bytes[at] = (bytes[at] ?? 0) + own;
    });
  }
  const starts = coalesce({ bytes, partitions: planned, outputs: outputs.length }, rule);
  return starts.map((from, task) => ({ from, to: starts[task + 1] ?? planned }));
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
