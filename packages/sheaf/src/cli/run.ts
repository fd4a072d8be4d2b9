// `sheaf run`: a job on a cluster of this machine's own, or in this very process. The cluster starts while the job file is
// bundled, and nothing of it is left afterwards, whatever ends the command.

import { type Cluster, clusterSize, MemberError, startCluster } from '@sheaf/cluster';
import { limits } from '@sheaf/protocol';
import type { JobStatus } from '@sheaf/protocol/messages';
import type { Command } from 'commander';
import { CoordinatorClient } from '../submit/client.ts';
import { parseAddress } from '../submit/coordinator-address.ts';
import { uploadBlob } from '../submit/http.ts';
import { planJob, prepareSubmission } from '../submit/submission.ts';
import type { CommandContext } from './command-line.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { addExplainOptions, type ExplainOptions, JobExplainer } from './explain-options.ts';
import { type FollowOptions, followJob, progressFor, tellEnd } from './follow-job.ts';
import { InterruptedError, isInterrupt, listenForInterrupts, unlessInterrupted } from './interrupt.ts';
import { addJobArguments, type JobArguments, jobRequestOf } from './job-arguments.ts';
import { JobPrints } from './job-prints.ts';
import { slotsOption, workersOption } from './options.ts';
import { plural } from './quantities.ts';
import { runInlineCommand } from './run-inline.ts';
import { rejected } from './submit.ts';

interface RunOptions extends JobArguments, ExplainOptions {
  readonly inline?: boolean;
  readonly workers?: number;
  readonly slots?: number;
  readonly json?: boolean;
}

/** How long a cancelled job may take to clean up before the cluster is ended all the same. */
const cancelGraceMs = 5_000;

export function addRun(program: Command, context: CommandContext, done: (code: ExitCode) => void): void {
  const { workers, slots } = clusterSize({});
  const run = program.command('run').description('run a job on a simulated cluster of real processes on this machine');
  addExplainOptions(addJobArguments(run))
    .option('--inline', 'run it in this process instead: breakpoints and console work')
    .option('--workers <count>', `worker processes (default: ${workers})`, workersOption)
    .option('--slots <count>', `tasks at a time on each worker (default: the cores shared out, here ${slots})`, slotsOption)
    .option('--overwrite', 'replace an existing output, once the new one is complete')
    .option('--json', 'statuses, and notes as { note }, as one object a line on standard output; the last is the final status')
    .action(async (file: string, options: RunOptions) => {
      done(await (options.inline === true ? runInlineCommand(file, options, context) : runOnCluster(file, options, context)));
    });
}

async function runOnCluster(file: string, options: RunOptions, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const explainer = await JobExplainer.of(options, terminal);
  const follow: FollowOptions = { terminal, json: options.json === true, explainer };
  // Without this process the cluster ends by itself, in order: whoever does not want to wait leaves nothing either.
  const interrupts = listenForInterrupts(() => process.exit(exitCodes.cancelled));
  const prints = new JobPrints(text => terminal.say(text));
  const cluster = startCluster({ cli: context.cli, workers: options.workers, slots: options.slots, onPrinted: prints });
  const over = new AbortController();
  try {
    const work = submitAndFollow({ file, options, context, cluster, prints, follow, interrupted: interrupts.signal, over: over.signal });
    const ended = Promise.race([work, cluster.broken]);
    const status = await unlessInterrupted(ended, { signal: interrupts.signal, graceMs: cancelGraceMs });
    // What the job has printed is told before how it ended; the last of it comes when the workers end.
    await cluster.stop();
    prints.end();
    return await tellEnd(status, follow);
  } catch (error) {
    // A Ctrl-C may reach a member in its first moment before it is heard of here.
    if (error instanceof InterruptedError || (error instanceof MemberError && isInterrupt(error.signal))) {
      terminal.say('interrupted');
      return exitCodes.cancelled;
    }
    if (!(error instanceof MemberError)) return rejected(error, terminal);
    terminal.say(`error: ${error.message}`);
    return exitCodes.failed;
  } finally {
    over.abort();
    await cluster.stop();
    interrupts.release();
  }
}

interface RunWork {
  readonly file: string;
  readonly options: RunOptions;
  readonly context: CommandContext;
  readonly cluster: Cluster;
  readonly prints: JobPrints;
  readonly follow: FollowOptions;
  readonly interrupted: AbortSignal;
  /** The command ends, whether the work is done or not. */
  readonly over: AbortSignal;
}

async function submitAndFollow({ file, options, context, cluster, prints, follow, interrupted, over }: RunWork): Promise<JobStatus> {
  const { terminal, version } = context;
  const goOn = (): void => {
    if (interrupted.aborted) throw new InterruptedError();
  };
  const request = jobRequestOf(file, options, { terminal, directory: cluster.scratch });
  const plan = async () => {
    const job = await planJob(request);
    return { planned: job, ...(await prepareSubmission(job, request)) };
  };
  const { planned, submission, blobs } = await unlessInterrupted(plan(), { signal: interrupted, graceMs: 0 });
  if (follow.explainer) follow.explainer.outline = submission.outline ?? null;
  const address = parseAddress(await cluster.url, null);
  const progress = progressFor(follow);
  prints.stages = planned.graph.stages;
  if (!follow.json) prints.say = text => progress.say(text);
  const client = new CoordinatorClient({ address, version, onContact: text => progress.say(text) });
  over.addEventListener('abort', () => client.close(), { once: true });
  try {
    await Promise.all(blobs.map(blob => uploadBlob(address, blob, 'new')));
    goOn();
    const job = await client.submit(submission);
    const cancel = (): void => {
      progress.say('cancelling');
      void client.cancel(job, `${interrupted.reason}`).catch(() => {});
    };
    if (interrupted.aborted) cancel();
    else interrupted.addEventListener('abort', cancel, { once: true });
    progress.say(`${submission.name} (${job}) on ${plural(cluster.workers.length, 'worker')}`);
    return await followJob(client, job, progress, follow);
  } finally {
    progress.end();
    client.close();
  }
}

/** The relation that makes an interrupted run end in time. */
if (cancelGraceMs + limits.shutdownMs > 15_000) throw new Error('limits disagree: an interrupted run ends within 15 s');
