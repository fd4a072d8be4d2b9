// `sheaf run --inline`: the same plan and the same stages in this one process, where breakpoints and console work.

import { join } from 'node:path';
import type { JobStatus } from '@sheaf/protocol/messages';
import { pathsOfFiles } from '../submit/job-files.ts';
import { planJob, prepareSubmission } from '../submit/submission.ts';
import type { CommandContext } from './command-line.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { type ExplainOptions, JobExplainer } from './explain-options.ts';
import { type FollowOptions, progressFor, tellEnd } from './follow-job.ts';
import { endedBySignals, listenForInterrupts } from './interrupt.ts';
import { type JobArguments, jobRequestOf, withTemporaryFolder } from './job-arguments.ts';
import { logText } from './job-prints.ts';
import { catchPrints } from './own-prints.ts';
import { escaped } from './printable.ts';

interface InlineOptions extends JobArguments, ExplainOptions {
  readonly json?: boolean;
}

export async function runInlineCommand(file: string, options: InlineOptions, context: CommandContext): Promise<ExitCode> {
  const explainer = await JobExplainer.of(options, context.terminal);
  const follow: FollowOptions = { terminal: context.terminal, json: options.json === true, explainer };
  const status = await withTemporaryFolder(directory => runHere({ file, options, follow, directory }));
  return tellEnd(status, follow);
}

interface InlineRun {
  readonly file: string;
  readonly options: InlineOptions;
  readonly follow: FollowOptions;
  readonly directory: string;
}

async function runHere({ file, options, follow, directory }: InlineRun): Promise<JobStatus> {
  const { terminal, json } = follow;
  const request = jobRequestOf(file, options, { terminal, directory });
  const { planned, submission, spools, runInline, TaskMemory } = await endedBySignals(terminal, async () => {
    const job = await planJob(request);
    const prepared = await prepareSubmission(job, request);
    return { planned: job, ...prepared, ...(await import('@sheaf/cluster/inline')), ...(await import('@sheaf/worker/executor')) };
  });
  if (follow.explainer) follow.explainer.outline = submission.outline ?? null;
  const progress = progressFor(follow);
  const { name, graph, functions, params, bundlePath } = planned;
  progress.say(`${escaped(name)} (${submission.job}) inline, in this process`);
  const say = (text: string): void => (json ? terminal : progress).say(escaped(text));
  const release = catchPrints(say);
  // The run is cancelled in order, at the end of the task it is at.
  const interrupts = listenForInterrupts(() => process.exit(exitCodes.cancelled));
  const paths = Object.fromEntries(spools.map(spool => [spool.name, spool.path]));
  try {
    return await runInline({
      id: submission.job,
      job: {
        name,
        graph,
        functions,
        params,
        bundlePath,
        spools: paths,
        files: pathsOfFiles(planned.shipped),
        memory: new TaskMemory(graph.settings.memoryMb),
      },
      cwd: terminal.cwd,
      overwrite: submission.overwrite,
      spools: Object.fromEntries(spools.map(spool => [spool.name, spool])),
      directory: join(directory, 'tasks'),
      log: (level, message, fields) => say(logText(level, message, fields)),
      onStatus: status => {
        progress.status(status);
        if (json) terminal.result(JSON.stringify(status));
      },
      signal: interrupts.signal,
    });
  } finally {
    interrupts.release();
    release();
    progress.end();
  }
}
