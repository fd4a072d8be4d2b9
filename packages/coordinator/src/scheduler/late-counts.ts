// Stages whose number of tasks depends on what is shuffled to them: counted once, when all of it is there, and journalled, so
// that it stays what it is. Those cut by range are cut anew, those cut by hash read small partitions together. The bytes are the raw ones of the records: they depend on input and settings alone.

import { partitionCount } from '@sheaf/protocol/graph';
import { found } from './assert.ts';
import { coalesce, coalescingOf } from './coalesce.ts';
import { isDone, setCount, shufflesInto, stageAt } from './job-runs.ts';
import type { JobRun, StageRun } from './state.ts';
import { tableOf } from './transitions.ts';
import { journal, type Turn, tell } from './turn.ts';

/** Counts the stages that can be counted by now. */
export function countLate(turn: Turn, job: JobRun): void {
  for (const stage of job.stages) {
    if (stage.table !== null) continue;
    const shuffles = shufflesInto(stage);
    if (!shuffles.every(end => isDone(stageAt(job, end.other)))) continue;
    const rawBytes = shuffles.reduce((sum, end) => sum + tableOf(stageAt(job, end.other)).rawTotal(end.id), 0);
    const starts = startsOf(job, stage);
    const count = starts?.length ?? countFor(stage, rawBytes);
    applyCount(job, stage, { count, starts });
    journal(turn, { type: 'stage-counted', job: job.id, stage: stage.id, count, ...(starts === null ? {} : { starts }) });
    tell(turn, { job, stage }, `has ${count} tasks for ${rawBytes} bytes`);
  }
}

interface LateCount {
  readonly count: number;
  readonly starts: readonly number[] | null;
}

export function applyCount(job: JobRun, stage: StageRun, { count, starts }: LateCount): void {
  setCount(stage, count);
  stage.starts = starts;
  stage.sized = null;
  job.stale = true;
}

/** Of a stage that may read partitions together: where its tasks begin. */
function startsOf(job: JobRun, { spec, planned, sized, into }: StageRun): readonly number[] | null {
  const rule = typeof planned === 'number' ? coalescingOf(spec, planned) : null;
  if (rule === null || typeof planned !== 'number') return null;
  const producers = into.filter(end => end.edge.type === 'shuffle').map(end => tableOf(stageAt(job, end.other)).count);
  const outputs = producers.reduce((sum, count) => sum + count, 0);
  return coalesce({ bytes: found(sized, 'sizes of partitions'), partitions: planned, outputs }, rule);
}

function countFor(stage: StageRun, rawBytes: number): number {
  const { tasks } = stage.spec;
  return partitionCount(
    found(tasks.type === 'partitions' && tasks.count.type === 'auto' ? tasks.count : null, 'rule for the count'),
    rawBytes,
  );
}
