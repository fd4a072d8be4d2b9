// The jobs that a module makes while it is loaded as a bundle, by their names. A program that calls `run` is such a module as well:
// its jobs are found here, and it goes no further than its first `run`, which is never answered while the program is only loaded.

import { UsageError } from '@sheaf/protocol';

/** A stack that leads to where a job is made: how its file is found, and the line of a plan that says nothing. */
export function madeHere(): Error {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = Math.max(framesKept, before);
  try {
    return new UsageError('the job is defined here');
  } finally {
    Error.stackTraceLimit = before;
  }
}

const framesKept = 50;

/** What has been made since the loading began; null while nothing is being loaded. */
let loading: { readonly jobs: { readonly name: string; readonly job: unknown }[]; readonly runCalled: () => void } | null = null;

/** Called for every job that is made. */
export function noteJob(name: string, job: unknown): void {
  loading?.jobs.push({ name, job });
}

/** What `run` does in a bundle. Throws UsageError where the file is loaded for its default export. */
export function runInBundle(): Promise<never> {
  if (loading === null) {
    throw new UsageError(
      'run was called while this file was loaded as a job. A job file only exports its job: call run in another file, which imports it, and start that one with node.',
    );
  }
  loading.runCalled();
  return new Promise(() => {});
}

/** Loads a module and gives the job of that name that it makes on the way. Throws UsageError when there is none, or more than one. */
export async function jobMadeBy(load: () => Promise<unknown>, name: string): Promise<unknown> {
  const jobs: { readonly name: string; readonly job: unknown }[] = [];
  const stopped = new Promise<void>(resolve => {
    loading = { jobs, runCalled: resolve };
  });
  try {
    const loaded = load();
    // What follows a call of `run` that waits is never reached; what follows one that does not is loaded in this turn.
    const stoppedForLong = stopped.then(() => new Promise<void>(resolve => setImmediate(resolve)));
    await Promise.race([loaded, stoppedForLong]);
  } finally {
    loading = null;
  }
  const [found, another] = jobs.filter(made => made.name === name);
  if (found === undefined) throw new UsageError(notMadeText(name));
  if (another !== undefined) {
    throw new UsageError(`two jobs of the file are named '${name}', so that a worker cannot tell them apart: give each a name of its own.`);
  }
  return found.job;
}

function notMadeText(name: string): string {
  return `job '${name}' is not made when its file is loaded, and workers can only load it: make it at the top level of a file, before anything there calls run; or run it with { inline: true }.`;
}
