// Reads the broadcasts into a stage before its own records: for each `load` step every record of the edge's producer.

import { FailureError, limits } from '@sheaf/protocol';
import { cursorBytes, type EdgeId, recordBytesMaxOf, type StepId } from '@sheaf/protocol/graph';
import { readValues } from '../../data/run-values.ts';
import type { LoadedJob } from '../loaded-job.ts';
import type { ExecutorTask } from '../messages.ts';
import { runIdsOf } from '../shuffle/task-sources.ts';
import { BroadcastTable } from './broadcast-table.ts';
import { giveBroadcasts } from './give-broadcasts.ts';

/** By `load` step: its list or table. Uses the fixed memory, which is reset before and afterwards. */
export function loadBroadcasts(job: LoadedJob, task: ExecutorTask): Map<StepId, BroadcastTable> {
  const tables = new Map<StepId, BroadcastTable>();
  const stage = job.graph.stages[task.assignment.stage];
  stage?.steps.forEach((step, at) => {
    if (step.type === 'load' && step.give === undefined)
      tables.set(at, new BroadcastTable(recordsOf(job, task, step.edge, Number.POSITIVE_INFINITY), step.key, job));
  });
  const bytesMax = Math.floor(job.graph.settings.heapMb * 1_048_576 * limits.broadcastShareOfHeap);
  giveBroadcasts(job, task, edge => recordsOf(job, task, edge, bytesMax));
  return tables;
}

function recordsOf(job: LoadedJob, task: ExecutorTask, edge: EdgeId, bytesMax: number): unknown[] {
  const { memory } = job;
  memory.reset();
  const buffer = memory.reserve(cursorBytes);
  const large = memory.reserve(recordBytesMaxOf(memory.budgetBytes) + limits.keyBytesMax);
  const records: unknown[] = [];
  let bytes = 0;
  for (const output of task.sources[edge] ?? []) {
    const run = { path: output.path, ids: runIdsOf(job, task, edge, output) };
    readValues(run, { memory, buffer, large }, (record, recordBytes) => {
      bytes += recordBytes;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      records.push(record);
    });
  }
  memory.reset();
  return records;
}

function tooLarge(bytesMax: number): FailureError {
  const message = `a broadcast of the plan takes more than ${bytesMax} bytes, an eighth of settings.heapMb, which every executor would hold as objects: raise heapMb, broadcast less, or join with it instead`;
  return new FailureError({ code: 'E_BROADCAST_TOO_LARGE', message });
}
