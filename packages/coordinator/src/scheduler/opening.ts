// Whether jobs open on workers. A worker on which one does not, for a reason of the machine, is left alone with it for a while;
// a job that opens nowhere, or another plan than at submit, is failed.

import { type Failure, failureCodes, type JobId } from '@sheaf/protocol';
import { charge } from './budgets.ts';
import { restLonger } from './delays.ts';
import { failJob, isLive } from './jobs.ts';
import type { WorkerRun } from './state.ts';
import { noTrouble } from './troubles.ts';
import { note, type Turn, tell } from './turn.ts';
import { takeBack } from './workers.ts';

export function jobOpened(turn: Turn, worker: WorkerRun, opened: { readonly job: JobId; readonly failure: Failure | null }): void {
  const job = turn.state.jobs.get(opened.job);
  if (job === undefined || !isLive(job) || !worker.told.has(job.id)) return;
  if (opened.failure === null) {
    job.opening = noTrouble();
    worker.avoided.delete(job.id);
    return;
  }
  const failure: Failure = { ...opened.failure, from: { attempt: job.id, worker: worker.id } };
  tell(turn, { job }, `did not open on ${worker.id}: ${failure.code} ${failure.message}`);
  note(turn, job, { kind: 'attempt-failed', text: `the job could not be opened on ${worker.id}: ${failure.message}`, failure });
  worker.told.delete(job.id);
  takeBack(turn, worker, job);
  const final = charge(job, job.opening, failure);
  if (final !== null) {
    failJob(turn, job, final);
    return;
  }
  const rest = worker.avoided.get(job.id) ?? { until: 0, times: 0 };
  worker.avoided.set(job.id, rest);
  // A mistake of the job is the same everywhere: it is tried again at once, to be told from one that comes and goes.
  if (failureCodes[failure.code].origin === 'infrastructure') restLonger(turn.state, rest);
  turn.touched.add(job);
}
