// What a person asks a coordinator: its jobs, one job, its counters and logs, the workers. Each is one answer, as a table or
// with `--json` as the coordinator gave it.

import { UsageError } from '@sheaf/protocol';
import type { Command } from 'commander';
import { askJson, askText, order } from '../submit/http.ts';
import { type Show, showCounters, showDrained, showJobs, showStatus, showStory, showWorkers } from './answers.ts';
import type { CommandContext } from './command-line.ts';
import { addCoordinatorOptions, type CoordinatorOptions, coordinatorOf } from './coordinator-option.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { jobIdArgument, workerIdArgument } from './options.ts';
import { escapedLines } from './printable.ts';

interface QuestionOptions extends CoordinatorOptions {
  readonly json?: boolean;
}

interface Question {
  /** Name and arguments, as commander reads them. */
  readonly command: string;
  readonly description: string;
  /** Where the answer is, for the id that was given. */
  readonly path: (id: string) => string;
  readonly ask: typeof askJson;
  readonly show: Show;
}

const questions: readonly Question[] = [
  { command: 'jobs', description: 'the jobs a coordinator knows', path: () => '/jobs', ask: askJson, show: showJobs },
  { command: 'status <id>', description: 'how a job stands', path: id => `/jobs/${jobIdArgument(id)}`, ask: askJson, show: showStatus },
  {
    command: 'counters <id>',
    description: 'what a job has counted, over committed tasks',
    path: id => `/jobs/${jobIdArgument(id)}/counters`,
    ask: askJson,
    show: showCounters,
  },
  { command: 'workers', description: 'the workers of a coordinator', path: () => '/workers', ask: askJson, show: showWorkers },
  {
    command: 'drain <id>',
    description: 'let a worker hand back its tasks and end',
    path: id => `/workers/${workerIdArgument(id)}/drain`,
    ask: order,
    show: showDrained,
  },
];

export function addQuestions(program: Command, context: CommandContext, done: (code: ExitCode) => void): void {
  const { terminal } = context;
  for (const { command, description, path, ask, show } of questions) {
    const question = addCoordinatorOptions(program.command(command).description(description)).option('--json', 'the answer as JSON');
    question.action(async (...given: unknown[]) => {
      const options = question.opts<QuestionOptions>();
      const answer = await ask(coordinatorOf(options, terminal), path(String(given[0])));
      if (options.json === true) terminal.result(JSON.stringify(answer));
      else show(answer, terminal);
      done(exitCodes.succeeded);
    });
  }
  addLogs(program, context, done);
  addStory(program, context, done);
}

function addLogs(program: Command, context: CommandContext, done: (code: ExitCode) => void): void {
  const command = program.command('logs').description('what the functions of a job printed and logged').argument('<id>', 'the job');
  addCoordinatorOptions(command)
    .option('--attempt <id>', 'of one attempt only, such as 2.31')
    .option('--json', 'the answer as JSON')
    .action(async (id: string, options: QuestionOptions & { readonly attempt?: string }) => {
      const { terminal } = context;
      const attempt = options.attempt === undefined ? '' : `?attempt=${encodeURIComponent(options.attempt)}`;
      const address = coordinatorOf(options, terminal);
      const path = `/jobs/${jobIdArgument(id)}/logs${attempt}`;
      const text = await askText(address, path);
      if (options.json === true) terminal.result(JSON.stringify({ job: id, text }));
      else terminal.resultText(escapedLines(text));
      done(exitCodes.succeeded);
    });
}

function addStory(program: Command, context: CommandContext, done: (code: ExitCode) => void): void {
  const command = program.command('story').description('what happened to a task, event by event').argument('<id>', 'the job');
  addCoordinatorOptions(command)
    .option('--stage <name>', 'of this stage')
    .option('--task <index>', 'of this task of the stage')
    .option('--json', 'the answer as JSON')
    .action(async (id: string, options: QuestionOptions & { readonly stage?: string; readonly task?: string }) => {
      const { terminal } = context;
      if (options.task !== undefined && options.stage === undefined)
        throw new UsageError('--task needs --stage, as every stage counts its tasks from 0');
      const query = new URLSearchParams();
      if (options.stage !== undefined) query.set('stage', options.stage);
      if (options.task !== undefined) query.set('task', options.task);
      const answer = await askJson(coordinatorOf(options, terminal), `/jobs/${jobIdArgument(id)}/story?${query}`);
      if (options.json === true) terminal.result(JSON.stringify(answer));
      else showStory(answer, terminal);
      done(exitCodes.succeeded);
    });
}
