// Reads the broadcasts into a stage before its own records: for each `load` step every record of the edge's producer.

import { FailureError, limits } from '@sheaf/protocol';
import { cursorBytes, type EdgeId, recordBytesMaxOf, type Select, type StepId } from '@sheaf/protocol/graph';
import { encodeKey } from '../../data/key-codec.ts';
import type { Region } from '../../data/memory.ts';
import { RecordTable } from '../../data/record-table.ts';
import { readValues } from '../../data/run-values.ts';
import { encodeValue } from '../../data/value-codec.ts';
import type { LoadedJob } from '../loaded-job.ts';
import { outputsIn } from '../local-outputs.ts';
import type { ExecutorTask } from '../messages.ts';
import { runIdsOf } from '../shuffle/task-sources.ts';
import { giveBroadcasts } from './give-broadcasts.ts';
import { keepTables, keptTable } from './kept-tables.ts';
import { heldOf } from './lookup.ts';
import { keyScratch, LookupTable } from './lookup-table.ts';
import { pickOf } from './selects.ts';

/** What the `load` steps of a stage give, by step: lists, and tables to look up in. */
export interface LoadedBroadcasts {
  readonly lists: ReadonlyMap<StepId, readonly unknown[]>;
  readonly tables: ReadonlyMap<StepId, LookupTable>;
}

/** Uses the fixed memory, which is reset before and afterwards. */
export function loadBroadcasts(job: LoadedJob, task: ExecutorTask): LoadedBroadcasts {
  const lists = new Map<StepId, readonly unknown[]>();
  const tables = new Map<StepId, LookupTable>();
  const steps = job.graph.stages[task.assignment.stage]?.steps ?? [];
  keepTables(job, task);
  steps.forEach((step, at) => {
    if (step.type !== 'load') return;
    const { edge, key } = step;
    if (key !== null) {
      const held = heldOf(steps, at);
      tables.set(at, keptTable(job, task, { edge, make: () => tableOf(job, task, { edge, key, held }) }));
    } else if (step.give === undefined) lists.set(at, recordsOf(job, task, { edge, bytesMax: Number.POSITIVE_INFINITY }));
  });
  const bytesMax = Math.floor(job.graph.settings.heapMb * 1_048_576 * limits.broadcastShareOfHeap);
  giveBroadcasts(job, task, edge => recordsOf(job, task, { edge, bytesMax }));
  return { lists, tables };
}

function recordsOf(
  job: LoadedJob,
  task: ExecutorTask,
  { edge, bytesMax }: { readonly edge: EdgeId; readonly bytesMax: number },
): unknown[] {
  const records: unknown[] = [];
  let bytes = 0;
  readBroadcast(job, task, {
    edge,
    each: (record, { length }) => {
      bytes += length;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      records.push(record);
    },
  });
  return records;
}

interface Keyed {
  readonly edge: EdgeId;
  readonly key: Select;
  /** What of each record the table holds. */
  readonly held: Select;
}

function tableOf(job: LoadedJob, task: ExecutorTask, { edge, key, held }: Keyed): LookupTable {
  const records = new RecordTable({ bytesMax: limits.lookedUpBytesMax, directory: task.directory });
  const pick = pickOf(key, job);
  const holds = held.type !== 'none';
  const ofRecord = pickOf(held, job);
  const { bytes } = job.memory;
  let firstKey: unknown;
  readBroadcast(job, task, {
    edge,
    each: (record, { free }) => {
      const picked = pick(record);
      if (records.count === 0) firstKey = picked;
      const to = holds ? encodeValue(ofRecord(record), bytes, free.from, free.to) : free.from;
      records.add(keyScratch, encodeKey(picked, keyScratch, 0, keyScratch.length), { bytes, from: free.from, to });
    },
  });
  return new LookupTable(records, firstKey);
}

interface Reading {
  readonly edge: EdgeId;
  /** A record, how many bytes it took, and room in the fixed memory for as many as any takes. */
  readonly each: (record: unknown, at: { readonly length: number; readonly free: Region }) => void;
}

function readBroadcast(job: LoadedJob, task: ExecutorTask, { edge, each }: Reading): void {
  const { memory } = job;
  memory.reset();
  const buffer = memory.reserve(cursorBytes);
  const recordBytes = recordBytesMaxOf(memory.budgetBytes) + limits.keyBytesMax;
  const large = memory.reserve(recordBytes);
  const free = memory.reserve(recordBytes);
  for (const output of outputsIn(task.sources[edge])) {
    const run = { ...output, ids: runIdsOf(job, task, edge, output) };
    readValues(run, { memory, buffer, large }, (record, length) => each(record, { length, free }));
  }
  memory.reset();
}

function tooLarge(bytesMax: number): FailureError {
  const message = `a broadcast of the plan takes more than ${bytesMax} bytes, an eighth of settings.heapMb, which every executor would hold as objects: raise heapMb, broadcast less, or join with it instead`;
  return new FailureError({ code: 'E_BROADCAST_TOO_LARGE', message });
}
