// An executor that is killed says nothing of why: it may be the machine, and another try elsewhere will do, or the task, which
// takes more memory than there is, or crashes native code. A task that is killed each time, in a row, while other tasks of its
// job go on or on more than one machine, is the cause itself: it has as many tries as for a failure of its own.

import type { Failure } from '@sheaf/protocol';
import type { Attempt, JobRun, Trouble } from './state.ts';

/** Notes a failed attempt. Gives the failure, with what makes it final, once the task itself is to blame. */
export function noteCrash({ job, worker }: Attempt, trouble: Trouble, failure: Failure): Failure | null {
  if (failure.code !== 'E_CRASHED') {
    trouble.crashes = null;
    return null;
  }
  trouble.crashes ??= { times: 0, host: worker.host, elsewhere: false, committed: committedTasks(job) };
  const { crashes } = trouble;
  crashes.times++;
  crashes.elsewhere ||= worker.host !== crashes.host;
  const othersGoOn = committedTasks(job) > crashes.committed;
  if (crashes.times < job.graph.settings.attempts || !(othersGoOn || crashes.elsewhere)) return null;
  const why = othersGoOn ? 'while other tasks went on' : 'on more than one machine';
  return { ...failure, message: `${failure.message} (${crashes.times} times in a row, ${why})` };
}

function committedTasks({ stages }: JobRun): number {
  return stages.reduce((sum, { committed }) => sum + committed, 0);
}
