// `sheaf explain`: what a job would do, before it is paid for, or what it did. Before a run the plan is made exactly as for one:
// the same listing, the same splits, the same partition counts. Of a run a coordinator tells the plan in words and the measures.

import { UsageError } from '@sheaf/protocol';
import type { JobStatus, Outline } from '@sheaf/protocol/messages';
import type { Command } from 'commander';
import type { Explained } from '../explain/explained.ts';
import { askJson } from '../submit/http.ts';
import { planJob } from '../submit/submission.ts';
import type { CommandContext } from './command-line.ts';
import { addCoordinatorOptions, type CoordinatorOptions, coordinatorOf } from './coordinator-option.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { endedBySignals } from './interrupt.ts';
import { addParams, type JobArguments, jobRequestOf, withTemporaryFolder } from './job-arguments.ts';
import { jobIdArgument } from './options.ts';
import type { Terminal } from './terminal.ts';

interface ExplainOptions extends JobArguments, CoordinatorOptions {
  readonly job?: string;
  readonly json?: boolean;
  readonly dot?: boolean;
  readonly svg?: string;
}

export function addExplain(program: Command, { terminal }: CommandContext, done: (code: ExitCode) => void): void {
  const command = program
    .command('explain')
    .description('show the stages, splits and reducers of a job without running it, or what it did');
  addCoordinatorOptions(addParams(command.argument('[file]', 'the job file, unless a job is named')))
    .option('--job <id>', 'a job of a coordinator, with what was measured')
    .option('--json', 'stage graph and plan as JSON; of a job its plan in words and its status')
    .option('--dot', 'a graph in the DOT language')
    .option('--svg <file>', 'write a picture as well')
    .action(async (file: string | undefined, options: ExplainOptions) => {
      if ((file === undefined) === (options.job === undefined))
        throw new UsageError('explain takes a job file, or --job ID for one that ran');
      if (options.job !== undefined) await explainRan(options.job, options, terminal);
      else
        await endedBySignals(terminal, () => withTemporaryFolder(directory => explainFile(file ?? '', options, { terminal, directory })));
      done(exitCodes.succeeded);
    });
}

async function explainFile(
  file: string,
  options: ExplainOptions,
  { terminal, directory }: { readonly terminal: Terminal; readonly directory: string },
): Promise<void> {
  const job = await planJob(jobRequestOf(file, options, { terminal, directory }));
  const { planStages } = await import('../explain/stage-plan.ts');
  const { outlineOf } = await import('../explain/outline.ts');
  const { explainPlan } = await import('../explain/explained.ts');
  const { planLines } = await import('../explain/plan-text.ts');
  const plan = await planStages(job, { cwd: terminal.cwd, directory });
  const explained = explainPlan(job.name, outlineOf(job), plan);
  const json = { name: job.name, graph: job.graph, plan, stages: explained.stages, edges: explained.edges };
  await show(explained, options, { terminal, json, lines: () => planLines(job, explained) });
}

async function explainRan(id: string, options: ExplainOptions, terminal: Terminal): Promise<void> {
  const address = coordinatorOf(options, terminal);
  const path = `/jobs/${jobIdArgument(id)}`;
  const { explainRun } = await import('../explain/explained.ts');
  const { runLines } = await import('../explain/run-text.ts');
  const status = (await askJson(address, path)) as JobStatus;
  const outline = (await askJson(address, `${path}/outline`)) as Outline;
  const explained = explainRun(outline, status);
  await show(explained, options, { terminal, json: { outline, status }, lines: () => runLines(explained) });
}

interface Shown {
  readonly terminal: Terminal;
  readonly json: object;
  readonly lines: () => readonly string[];
}

async function show(explained: Explained, options: ExplainOptions, { terminal, json, lines }: Shown): Promise<void> {
  const { dotOf } = await import('../explain/dot.ts');
  const { warningsOf, writeExplained } = await import('../explain/write-explained.ts');
  if (options.svg !== undefined) {
    if (!options.svg.endsWith('.svg')) throw new UsageError(`--svg ${options.svg}: the file's name must end in .svg`);
    await writeExplained(options.svg, explained, terminal.cwd);
  }
  if (options.json === true) terminal.result(JSON.stringify({ ...json, warnings: warningsOf(explained) }));
  else if (options.dot === true) terminal.resultText(dotOf(explained));
  else for (const line of lines()) terminal.result(line);
}
