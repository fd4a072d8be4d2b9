// What `run` loads: runs a program's job to its end, and says how it ended. Nothing here throws what a program should know by
// its class: see outcome.ts.

import { UsageError } from '@sheaf/protocol';
import { LostContactError } from '../submit/lost-contact.ts';
import { AbortedRun } from './abort.ts';
import type { Outcome, ProgramRun } from './outcome.ts';
import { runInThisProcess } from './run-in-process.ts';
import { runOnCluster } from './run-on-cluster.ts';

const optionNames = ['inline', 'workers', 'coordinator', 'overwrite', 'signal'];

/** Runs the job. Rejects for a bug of ours alone. */
export async function runProgramJob(run: ProgramRun): Promise<Outcome> {
  const { signal } = run.options;
  try {
    checkOptions(run);
    if (signal?.aborted === true) throw new AbortedRun();
    return await (run.options.inline === true ? runInThisProcess(run) : runOnCluster(run));
  } catch (error) {
    if (error instanceof AbortedRun) return { type: 'aborted', reason: signal?.reason };
    if (error instanceof LostContactError) return { type: 'lost-contact', message: error.message };
    // By its name: the plan's errors are of the program's copy of the class.
    if (error instanceof Error && error.name === 'UsageError') return { type: 'usage', message: error.message, cause: error.cause };
    throw error;
  }
}

function checkOptions({ params, options }: ProgramRun): void {
  if (params !== undefined && (typeof params !== 'object' || params === null))
    throw new UsageError(`run takes the parameters as an object, not ${params === null ? 'null' : typeof params}.`);
  for (const name of Object.keys(options)) {
    if (!optionNames.includes(name)) throw new UsageError(`run has no option '${name}': there are ${optionNames.join(', ')}.`);
  }
  const { inline, workers, coordinator } = options;
  if (inline === true && (workers !== undefined || coordinator !== undefined))
    throw new UsageError('run: inline is in this process, without workers or a coordinator.');
  if (coordinator !== undefined && workers !== undefined)
    throw new UsageError('run: a coordinator that is there already has its own workers; leave workers out.');
  if (workers !== undefined && !(Number.isSafeInteger(workers) && workers > 0 && workers <= workersMax))
    throw new UsageError(`run: workers is a whole number from 1 to ${workersMax}, not ${String(workers)}.`);
}

/** More processes than any machine has cores for are a slip. */
const workersMax = 64;
