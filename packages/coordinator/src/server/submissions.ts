// From a client's submission to an accepted job. What is wrong with it is found here, before anything is journalled, and
// leaves nothing behind. A submission may be repeated: the client made the job's id, and gets the same answer again.

import { type Failure, FailureError, type JobId, limits, UsageError } from '@sheaf/protocol';
import type { Submission } from '@sheaf/protocol/messages';
import type { Logger } from 'pino';
import { type JobFacts, roomForJob, type SchedulerState, statusOf } from '../scheduler/index.ts';
import type { Told } from './loop.ts';

export type SubmissionAnswer =
  | { readonly type: 'accepted' }
  | { readonly type: 'rejected'; readonly kind: 'usage' | 'failed'; readonly failure: Failure };

export interface Planner {
  /** Works out everything a job needs, its staging folders included. Throws UsageError or FailureError, having left nothing. */
  plan(submission: Submission): Promise<JobFacts>;
  /** Undoes `plan` for a job that was not taken after all. */
  discard(facts: JobFacts): Promise<void>;
  /** Throws UsageError when another job writes one of these folders. */
  mustNotWrite(folders: readonly string[]): void;
}

export interface SubmissionsOptions {
  readonly state: SchedulerState;
  readonly planner: Planner;
  readonly logger: Logger;
  readonly tell: (event: Told) => void;
  /** Resolves when what was told is durable and carried out. */
  readonly reached: () => Promise<void>;
}

export class Submissions {
  private readonly options: SubmissionsOptions;
  private readonly inFlight = new Map<JobId, Promise<SubmissionAnswer>>();

  constructor(options: SubmissionsOptions) {
    this.options = options;
  }

  /** Resolves when the job is accepted and durable, or rejected. */
  async submit(submission: Submission): Promise<SubmissionAnswer> {
    const { state, reached } = this.options;
    const { job } = submission;
    const same = this.inFlight.get(job);
    if (same !== undefined) return same;
    if (statusOf(state, job) !== null) {
      await reached();
      return { type: 'accepted' };
    }
    if (this.inFlight.size >= limits.submissionsInFlightMax) return busy(`${this.inFlight.size} submissions are being planned`);
    if (!roomForJob(state)) return busy(`${limits.jobsQueuedMax} jobs are waiting or running`);
    const answer = this.plan(submission).finally(() => this.inFlight.delete(job));
    this.inFlight.set(job, answer);
    return answer;
  }

  private async plan(submission: Submission): Promise<SubmissionAnswer> {
    const { planner, logger, tell, reached } = this.options;
    const { job, name } = submission;
    try {
      const facts = await planner.plan(submission);
      try {
        planner.mustNotWrite(facts.output);
      } catch (error) {
        await planner.discard(facts);
        throw error;
      }
      tell({ type: 'job-submitted', cause: 'a submission', job: facts });
      await reached();
      logger.info({ job, name }, 'a job was accepted');
      return { type: 'accepted' };
    } catch (error) {
      const answer = rejection(error);
      logger.info({ job, name, failure: answer.failure }, 'a submission was rejected');
      if (answer.failure.code === 'E_INTERNAL') logger.error({ job, err: error }, 'planning failed for a reason of ours');
      return answer;
    }
  }
}

function rejection(error: unknown): Extract<SubmissionAnswer, { readonly type: 'rejected' }> {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, limits.failureMessageCharsMax);
  if (error instanceof FailureError) return { type: 'rejected', kind: 'usage', failure: { ...error.failure, message } };
  if (error instanceof UsageError) return { type: 'rejected', kind: 'usage', failure: { code: 'E_USAGE', message } };
  return { type: 'rejected', kind: 'failed', failure: { code: 'E_INTERNAL', message } };
}

function busy(why: string): SubmissionAnswer {
  const message = `the coordinator takes no more jobs for now: ${why}. Submit again later`;
  return { type: 'rejected', kind: 'failed', failure: { code: 'E_BUSY', message } };
}
