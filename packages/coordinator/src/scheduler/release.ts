// Outputs that nobody needs any more are deleted on their workers while the job runs, so that a long chain of stages does not fill
// their disks. A stage is released when all its readers are done and nobody needs what those made: its own outputs could then be
// read again only after two losses at once, one of what a reader made and one of what the reader's reader made. While an output
// is needed, the inputs of the task that made it are kept, so one that is damaged or cannot be reached costs one task.
// A lost worker may take outputs of several stages; what they need is then made again from as far back as it was released.

import { attemptIdOf } from '@sheaf/protocol';
import { isDone, isNeeded, stageAt } from './job-runs.ts';
import { placeAllNowhere } from './outputs.ts';
import type { JobRun, StageRun, WorkerRun } from './state.ts';
import { journal, send, type Turn, tell } from './turn.ts';

/** Releases the stages of which it is time. */
export function releaseOutputs(turn: Turn, job: JobRun): void {
  const idle = job.stages.filter(stage => isIdle(job, stage));
  if (idle.length === 0) return;
  for (const stage of idle) {
    journal(turn, { type: 'stage-released', job: job.id, stage: stage.id });
    forgetReleased(turn, job, stage);
  }
  // Workers without an output of these stages may have fetched some.
  for (const worker of turn.state.sessions.values()) if (worker.jobs.has(job.id)) sendRelease(turn, worker, { job, stages: idle });
}

/** From now on the outputs of the stage are nowhere, and are not taken back from a worker that still has them. */
export function forgetReleased(turn: Turn, job: JobRun, stage: StageRun): void {
  placeAllNowhere(turn, job, stage);
  stage.released = true;
  tell(turn, { job, stage }, 'its outputs are deleted: nobody needs them');
}

/** Says it to a worker that came back: it may not have heard, and may have fetched what its own outputs do not show. */
export function releaseAgain(turn: Turn, worker: WorkerRun): void {
  for (const id of worker.jobs) {
    const job = turn.state.jobs.get(id);
    const stages = job?.stages.filter(stage => stage.released) ?? [];
    if (job !== undefined && stages.length > 0) sendRelease(turn, worker, { job, stages });
  }
}

function isIdle(job: JobRun, stage: StageRun): boolean {
  if (stage.released || stage.out.length === 0 || stage.outputsOn.size === 0 || !isDone(stage)) return false;
  return stage.out.every(end => {
    const reader = stageAt(job, end.other);
    return isDone(reader) && !isNeeded(job, reader);
  });
}

/** All attempts of these stages that were ever made have ended: a later one of them is not meant. */
function sendRelease(turn: Turn, worker: WorkerRun, { job, stages }: { readonly job: JobRun; readonly stages: readonly StageRun[] }): void {
  const upTo = attemptIdOf(turn.state.epoch, turn.state.attemptCounter);
  send(turn, worker, { type: 'release', job: job.id, stages: stages.map(stage => stage.id), upTo });
}
