// Stages whose number of tasks depends on what is shuffled to them: counted once, when all of it is there, and journalled, so
// that it stays what it is. The bytes are the raw ones of the records: they depend on input and settings alone.

import { found } from './assert.ts';
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
    const count = countFor(stage, rawBytes);
    applyCount(job, stage, count);
    journal(turn, { type: 'stage-counted', job: job.id, stage: stage.id, count });
    tell(turn, { job, stage }, `has ${count} tasks for ${rawBytes} bytes`);
  }
}

export function applyCount(job: JobRun, stage: StageRun, count: number): void {
  setCount(stage, count);
  job.stale = true;
}

function countFor(stage: StageRun, rawBytes: number): number {
  const { tasks } = stage.spec;
  const count = found(tasks.type === 'partitions' && tasks.count.type === 'auto' ? tasks.count : null, 'rule for the count');
  return Math.min(count.max, Math.max(count.min, Math.ceil(rawBytes / count.bytesPerTask)));
}
