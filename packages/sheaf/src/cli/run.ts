// `sheaf run`: a job on a cluster of this machine's own, or in this very process. The cluster starts while the job file is
// bundled, and nothing of it is left afterwards, whatever ends the command.

import { clusterSize, MemberError, startCluster } from '@sheaf/cluster';
import { limits } from '@sheaf/protocol';
import type { Command } from 'commander';
import type { CommandContext } from './command-line.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { addExplainOptions, JobExplainer } from './explain-options.ts';
import { type FollowOptions, tellEnd } from './follow-job.ts';
import { InterruptedError, isInterrupt, listenForInterrupts, unlessInterrupted } from './interrupt.ts';
import { addJobArguments } from './job-arguments.ts';
import { JobPrints } from './job-prints.ts';
import { slotsOption, workersOption } from './options.ts';
import { rejected } from './rejected.ts';
import type { RunOptions } from './run-work.ts';

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
      if (options.inline !== true) done(await runOnCluster(file, options, context));
      else done(await (await import('./run-inline.ts')).runInlineCommand(file, options, context));
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
    // Loaded while the processes start.
    const { submitAndFollow } = await import('./run-work.ts');
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

/** The relation that makes an interrupted run end in time. */
if (cancelGraceMs + limits.shutdownMs > 15_000) throw new Error('limits disagree: an interrupted run ends within 15 s');
