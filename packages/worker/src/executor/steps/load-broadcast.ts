// Reads the broadcasts into a stage before its own records: for each `load` step every record of the edge's producer.

import { FailureError, limits } from '@sheaf/protocol';
import type { EdgeId, StepId } from '@sheaf/protocol/graph';
import { cursorBytes, RunCursor } from '../../data/run-cursor.ts';
import { RunFile } from '../../data/run-file.ts';
import { decodeValue } from '../../data/value-codec.ts';
import type { LoadedJob } from '../loaded-job.ts';
import type { ExecutorTask } from '../messages.ts';
import { runIdsOf } from '../shuffle/task-sources.ts';
import { recordBytesMaxOf } from '../task-layout.ts';
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
  const large = memory.reserve(recordBytesMaxOf(memory) + limits.keyBytesMax);
  const records: unknown[] = [];
  let bytes = 0;
  for (const output of task.sources[edge] ?? []) {
    const run = new RunFile(output.path, runIdsOf(job, task, edge, output));
    try {
      for (const start of run.footer.stretches) {
        const cursor = new RunCursor({ run, memory, buffer, start, ordered: false });
        while (cursor.next()) {
          bytes += cursor.valueLength;
          if (bytes > bytesMax) throw tooLarge(bytesMax);
          const at = cursor.value(large);
          records.push(decodeValue(memory.bytes, at, at + cursor.valueLength));
        }
      }
    } finally {
      run.close();
    }
  }
  memory.reset();
  return records;
}

function tooLarge(bytesMax: number): FailureError {
  const message = `a broadcast of the plan takes more than ${bytesMax} bytes, an eighth of settings.heapMb, which every executor would hold as objects: raise heapMb, broadcast less, or join with it instead`;
  return new FailureError({ code: 'E_BROADCAST_TOO_LARGE', message });
}
