// What a task reads of its map outputs: the partitions that its assignment names, or for a range edge the keys between two
// splitters, which come over an edge of their own and are brought first.

import type { EdgeId, JobId } from '@sheaf/protocol';
import { cursorBytes } from '@sheaf/protocol/graph';
import { TaskMemory } from '../data/memory.ts';
import type { KeyRange, PartitionRange } from '../data/read-ranges.ts';
import { readValues } from '../data/run-values.ts';
import { type LocalOutput, outputsIn } from '../executor/local-outputs.ts';
import type { PreparedJob } from './job-store.ts';
import type { LocaliseRequest } from './localiser.ts';

/** Of the assignment: what is wanted of its edges. */
export function readsOf(
  { isPartitioned, splittersOf, producerOf, runOf }: Pick<PreparedJob, 'isPartitioned' | 'splittersOf' | 'producerOf' | 'runOf'>,
  { job, reads }: { readonly job: JobId; readonly reads: { readonly [edge: EdgeId]: PartitionRange | null } },
): Pick<LocaliseRequest, 'first' | 'readsOf'> {
  const splitterEdges = Object.keys(reads).map(edge => splittersOf(Number(edge)));
  return {
    first: new Set(splitterEdges.filter(edge => edge !== null)),
    readsOf: (edge, here) => {
      const read = reads[edge];
      if (read === undefined || read === null) return null;
      if (isPartitioned(edge)) return read;
      const splitterEdge = splittersOf(edge);
      const [output] = splitterEdge === null ? [] : outputsIn(here[splitterEdge]);
      if (splitterEdge === null || output === undefined) return null;
      return keysBetween(splittersIn(output, { job, stage: producerOf(splitterEdge), edge: runOf(splitterEdge) }), read);
    },
  };
}

/** Partition i has the keys below splitters[i]. */
function keysBetween(
  splitters: readonly Uint8Array[] | null,
  { from, to }: { readonly from: number; readonly to: number },
): KeyRange | null {
  if (splitters === null) return null;
  return { low: from === 0 ? undefined : splitters[from - 1], high: splitters[to - 1] };
}

/** Room for one block. */
let memory: TaskMemory | null = null;

/** null when the file cannot be read: whoever reads it next says so, and whose it is. */
function splittersIn(
  { path, task, attempt }: LocalOutput,
  ids: { readonly job: JobId; readonly stage: number; readonly edge: EdgeId },
): Uint8Array[] | null {
  memory ??= new TaskMemory(Math.ceil(cursorBytes / 2 ** 20));
  memory.reset();
  const buffer = memory.reserve(cursorBytes);
  const splitters: Uint8Array[] = [];
  try {
    // A splitter is the beginning of a key, and much smaller than a block: nothing is ever put together in `large`.
    readValues({ path, ids: { ...ids, task, attempt } }, { memory, buffer, large: buffer }, splitter => {
      splitters.push(splitter as Uint8Array);
    });
  } catch {
    return null;
  }
  return splitters;
}
