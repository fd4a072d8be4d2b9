// `run`: a job from any Node program, as a function. What runs it is loaded when it is first called, so that a program which
// only makes jobs starts as fast as before. The runner is another bundle: it answers with values, and errors are made here,
// where a program can know them by their classes.

import type { Answer, Job } from '@sheaf/job';
import { openJob, stackOfDefinition } from '@sheaf/job/open';
import { UsageError } from '@sheaf/protocol';
import { LostContactError } from '../submit/lost-contact.ts';
import { JobError } from './job-error.ts';
import type { Outcome } from './outcome.ts';
import type { RunOptions } from './run-options.ts';

/** A job that succeeded. */
export interface RunResult<A> {
  readonly id: string;
  readonly counters: { readonly [name: string]: number };
  /** What `plan` answers, under the names it gives. */
  readonly answers: { readonly [N in keyof A]: A[N] extends Answer<infer T> ? T : never };
}

/**
 * Runs a job: on a cluster of this machine's own, on the coordinator that is named, or inline. Relative paths are relative to
 * the working directory. Rejects with JobError when the job fails, UsageError for wrong parameters or options and for mistakes
 * in the plan, LostContactError when a named coordinator is gone, AbortError when `signal` aborts.
 */
export async function run<P, A>(
  job: Job<P> & { readonly answers?: A },
  params: NoInfer<P>,
  options: RunOptions = {},
): Promise<RunResult<A>> {
  const made = stackOfDefinition(job);
  if (made === null) throw new UsageError('run takes a job: what mapReduce({ … }) or defineJob({ … }) has made.');
  const { runProgramJob } = await import('./runner.ts');
  const outcome = await runProgramJob({ opened: openJob(job), made, params, options });
  return resultOf(outcome) as RunResult<A>;
}

function resultOf(outcome: Outcome): RunResult<unknown> {
  switch (outcome.type) {
    case 'succeeded':
      return { id: outcome.id, counters: outcome.counters, answers: outcome.answers };
    case 'not-succeeded':
      throw new JobError(outcome);
    case 'usage':
      throw new UsageError(outcome.message, { cause: outcome.cause });
    case 'lost-contact':
      throw new LostContactError(outcome.message);
    case 'aborted':
      throw Object.assign(new Error('the job was cancelled, as its signal was aborted', { cause: outcome.reason }), {
        name: 'AbortError',
        code: 'ABORT_ERR',
      });
  }
}
