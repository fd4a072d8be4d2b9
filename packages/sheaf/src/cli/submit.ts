// `sheaf submit`: a job on a coordinator elsewhere. The job is the coordinator's from the moment it is accepted: Ctrl-C lets
// go of it, unless asked otherwise.

import type { JobId } from '@sheaf/protocol';
import type { Command } from 'commander';
import { CoordinatorClient } from '../submit/client.ts';
import { addressText, type CoordinatorAddress } from '../submit/coordinator-address.ts';
import { uploadBlob } from '../submit/http.ts';
import { planJob, prepareSubmission } from '../submit/submission.ts';
import type { CommandContext } from './command-line.ts';
import { addCoordinatorOptions, type CoordinatorOptions, coordinatorOf } from './coordinator-option.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { addExplainOptions, type ExplainOptions, JobExplainer } from './explain-options.ts';
import { type FollowOptions, followJob, progressFor, tellEnd } from './follow-job.ts';
import { endedBySignals, InterruptedError, listenForInterrupts, unlessInterrupted } from './interrupt.ts';
import { addJobArguments, type JobArguments, jobRequestOf, withTemporaryFolder } from './job-arguments.ts';
import { rejected } from './rejected.ts';

interface SubmitOptions extends JobArguments, CoordinatorOptions, ExplainOptions {
  readonly detach?: boolean;
  readonly cancelOnExit?: boolean;
  readonly json?: boolean;
}

/** How long a cancelled job may take to end before this command does. */
const cancelGraceMs = 10_000;

export function addSubmit(program: Command, context: CommandContext, done: (code: ExitCode) => void): void {
  const submit = program.command('submit').description('run a job on the cluster of a coordinator, and wait for it');
  addExplainOptions(addCoordinatorOptions(addJobArguments(submit)))
    .option('--detach', 'print the id of the job, and do not wait')
    .option('--cancel-on-exit', 'Ctrl-C cancels the job; without it the job goes on')
    .option('--overwrite', 'replace an existing output, once the new one is complete')
    .option('--json', 'statuses, and notes as { note }, as one object a line on standard output; the last is the final status')
    .action(async (file: string, options: SubmitOptions) => {
      done(await submitJob(file, options, context));
    });
}

async function submitJob(file: string, options: SubmitOptions, context: CommandContext): Promise<ExitCode> {
  const { terminal, version } = context;
  const address = coordinatorOf(options, terminal);
  const explainer = await JobExplainer.of(options, terminal);
  const follow: FollowOptions = { terminal, json: options.json === true, coordinator: addressText(address), explainer };
  const say = (text: string): void => terminal.say(text);
  const client = new CoordinatorClient({ address, version, onContact: say });
  try {
    const send = async (directory: string): Promise<JobId> => {
      const request = jobRequestOf(file, options, { terminal, directory });
      const { submission, blobs } = await prepareSubmission(await planJob(request), request);
      if (explainer) explainer.outline = submission.outline ?? null;
      await Promise.all(blobs.map(blob => uploadBlob(address, blob)));
      return client.submit(submission);
    };
    const job = await endedBySignals(terminal, () => withTemporaryFolder(send));
    if (options.detach === true) {
      terminal.result(follow.json ? JSON.stringify({ id: job }) : job);
      return exitCodes.succeeded;
    }
    terminal.say(`${job} is accepted by ${addressText(address)}`);
    return await followToEnd({ client, job, address, follow, cancelOnExit: options.cancelOnExit === true });
  } catch (error) {
    return rejected(error, terminal);
  } finally {
    client.close();
  }
}

export interface FollowWork {
  readonly client: CoordinatorClient;
  readonly job: JobId;
  readonly address: CoordinatorAddress;
  readonly follow: FollowOptions;
  readonly cancelOnExit: boolean;
}

/** Follows an accepted job; Ctrl-C ends the following, and the job only with `cancelOnExit`. */
export async function followToEnd({ client, job, address, follow, cancelOnExit }: FollowWork): Promise<ExitCode> {
  const { terminal } = follow;
  const progress = progressFor(follow);
  const interrupts = listenForInterrupts(() => process.exit(exitCodes.cancelled));
  const { signal } = interrupts;
  signal.addEventListener('abort', () => {
    if (!cancelOnExit) return;
    progress.say('cancelling');
    void client.cancel(job, `${signal.reason}`).catch(() => {});
  });
  try {
    const work = followJob(client, job, progress, follow);
    return tellEnd(await unlessInterrupted(work, { signal, graceMs: cancelOnExit ? cancelGraceMs : 0 }), follow);
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    progress.end();
    const again = `sheaf watch ${job} --coordinator ${addressText(address)}`;
    terminal.say(cancelOnExit ? `${job} has not ended yet` : `${job} goes on; follow it with: ${again}`);
    return exitCodes.cancelled;
  } finally {
    interrupts.release();
  }
}
