// `sheaf explain`: what a job would do, before it is paid for. The plan is made exactly as for a run: the same listing, the
// same splits, the same partition counts.

import type { Command } from 'commander';
import { planJob } from '../submit/submission.ts';
import type { CommandContext } from './command-line.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { explainJob } from './explain-text.ts';
import { endedBySignals } from './interrupt.ts';
import { addJobArguments, type JobArguments, jobRequestOf, withTemporaryFolder } from './job-arguments.ts';

export function addExplain(program: Command, { terminal }: CommandContext, done: (code: ExitCode) => void): void {
  addJobArguments(program.command('explain').description('show the stages, splits and reducers of a job without running it'))
    .option('--json', 'stage graph and plan as JSON')
    .action(async (file: string, options: JobArguments & { readonly json?: boolean }) => {
      const explain = async (directory: string): Promise<void> => {
        const job = await planJob(jobRequestOf(file, options, { terminal, directory }));
        const { planStages } = await import('./explain-plan.ts');
        const plan = await planStages(job, { cwd: terminal.cwd, directory });
        if (options.json === true) terminal.result(JSON.stringify({ name: job.name, graph: job.graph, plan }));
        else for (const line of explainJob(job, plan)) terminal.result(line);
      };
      await endedBySignals(terminal, () => withTemporaryFolder(explain));
      done(exitCodes.succeeded);
    });
}
