// Tables to look up in, which an executor makes once and keeps while it runs tasks of stages that use them. They are bytes that
// nothing changes. One that is partly in a file is made anew by each task, and closed at its end.

import type { EdgeId } from '@sheaf/protocol/graph';
import type { LoadedJob } from '../loaded-job.ts';
import { attemptsText } from '../local-outputs.ts';
import type { ExecutorTask } from '../messages.ts';
import type { LookupTable } from './lookup-table.ts';

interface Kept {
  /** The attempts that the records are of. */
  readonly attempts: string;
  readonly table: LookupTable;
}

const keptByJob = new WeakMap<LoadedJob, Map<EdgeId, Kept>>();

/** Forgets the tables that the task does not use. */
export function keepTables(job: LoadedJob, task: ExecutorTask): void {
  const kept = keptByJob.get(job);
  for (const edge of kept?.keys() ?? []) if (job.graph.edges[edge]?.to !== task.assignment.stage) kept?.delete(edge);
}

/** The table of an edge. */
export function keptTable(
  job: LoadedJob,
  task: ExecutorTask,
  { edge, make }: { readonly edge: EdgeId; readonly make: () => LookupTable },
): LookupTable {
  const kept = keptByJob.get(job) ?? new Map<EdgeId, Kept>();
  keptByJob.set(job, kept);
  const attempts = attemptsText(task.sources[edge]);
  const known = kept.get(edge);
  if (known?.attempts === attempts) return known.table;
  const made = make();
  if (made.records.isSpilled) kept.delete(edge);
  else kept.set(edge, { table: made, attempts });
  return made;
}
