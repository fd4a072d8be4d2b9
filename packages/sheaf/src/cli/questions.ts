// What a person asks a coordinator: its jobs, one job, its counters and logs, the workers. Each is one answer, as a table or
// with `--json` as the coordinator gave it.

import { UsageError } from '@sheaf/protocol';
import type { JobStatus } from '@sheaf/protocol/messages';
import type { Command } from 'commander';
import { askJson, askText } from '../submit/http.ts';
import type { CommandContext } from './command-line.ts';
import { addCoordinatorOptions, type CoordinatorOptions, coordinatorOf } from './coordinator-option.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { reportOptions } from './follow-job.ts';
import { jobIdArgument } from './options.ts';
import { escaped, escapedLines } from './printable.ts';
import { countText, durationText } from './quantities.ts';
import { reportFailure } from './report-failure.ts';
import { tableLines } from './tables.ts';
import type { Terminal } from './terminal.ts';

interface QuestionOptions extends CoordinatorOptions {
  readonly json?: boolean;
}

interface Question {
  /** `jobs`, `status ID` … */
  readonly command: Command;
  readonly context: CommandContext;
  readonly done: (code: ExitCode) => void;
}

export function addQuestions(program: Command, context: CommandContext, done: (code: ExitCode) => void): void {
  const command = (name: string, description: string): Question => ({
    command: program.command(name).description(description),
    context,
    done,
  });
  question(command('jobs', 'the jobs a coordinator knows'), () => '/jobs', showJobs);
  question(command('status <id>', 'how a job stands'), id => `/jobs/${jobIdArgument(id)}`, showStatus);
  question(
    command('counters <id>', 'what a job has counted, over committed tasks'),
    id => `/jobs/${jobIdArgument(id)}/counters`,
    showCounters,
  );
  question(command('workers', 'the workers of a coordinator'), () => '/workers', showWorkers);
  addLogs(program, context, done);
  addStory(program, context, done);
}

function question(
  { command, context, done }: Question,
  pathOf: (id: string) => string,
  show: (answer: unknown, terminal: Terminal) => void,
): void {
  addCoordinatorOptions(command)
    .option('--json', 'the answer as JSON')
    .action(async (...given: unknown[]) => {
      const options = command.opts<QuestionOptions>();
      const { terminal } = context;
      const answer = await askJson(coordinatorOf(options, terminal), pathOf(String(given[0])));
      if (options.json === true) terminal.result(JSON.stringify(answer));
      else show(answer, terminal);
      done(exitCodes.succeeded);
    });
}

function showJobs(answer: unknown, terminal: Terminal): void {
  const rows = (answer as readonly JobStatus[]).map(job => [
    job.id,
    job.name,
    job.state,
    tasksText(job),
    ageText(job.submittedAt),
    tookText(job),
  ]);
  for (const line of tableLines(['ID', 'NAME', 'STATE', 'TASKS', 'SUBMITTED', 'TOOK'], rows)) terminal.result(line);
}

function showStatus(answer: unknown, terminal: Terminal): void {
  const status = answer as JobStatus;
  const took = tookText(status);
  terminal.result(`${status.id} ${escaped(status.name)} ${status.state}${took === '' ? '' : `, ${took}`}`);
  const rows = status.stages.map(({ name, done, total, running, failed, records }) => [
    name,
    `${done}/${total ?? '?'}`,
    running,
    failed,
    countText(records),
  ]);
  for (const line of tableLines(['STAGE', 'DONE', 'RUNNING', 'FAILED', 'RECORDS'], rows)) terminal.result(`  ${line}`);
  for (const folder of status.output) terminal.result(`output ${escaped(folder)}`);
  if (status.error !== null) terminal.result(reportFailure(status.error, reportOptions(terminal)));
}

function showCounters(answer: unknown, terminal: Terminal): void {
  for (const [name, value] of Object.entries(answer as JobStatus['counters'])) terminal.result(`${escaped(name)}\t${value}`);
}

/** What the coordinator says of a worker; the fields that a table shows. */
interface WorkerAnswer {
  readonly id: string;
  readonly host: string;
  readonly state: string;
  readonly slots: number;
  readonly running: number;
  readonly pid: number;
}

function showWorkers(answer: unknown, terminal: Terminal): void {
  const rows = (answer as readonly WorkerAnswer[]).map(({ id, host, pid, state, running, slots }) => [
    id,
    host,
    pid,
    state,
    `${running}/${slots}`,
  ]);
  for (const line of tableLines(['ID', 'HOST', 'PID', 'STATE', 'RUNNING'], rows)) terminal.result(line);
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
      else
        for (const line of answer as readonly unknown[]) terminal.result(escaped(typeof line === 'string' ? line : JSON.stringify(line)));
      done(exitCodes.succeeded);
    });
}

function tasksText(job: JobStatus): string {
  const done = job.stages.reduce((sum, stage) => sum + stage.done, 0);
  const total = job.stages.reduce<number | null>((sum, stage) => (sum === null || stage.total === null ? null : sum + stage.total), 0);
  return `${done}/${total ?? '?'}`;
}

function ageText(atMs: number): string {
  return `${durationText(Date.now() - atMs)} ago`;
}

function tookText({ startedAt, endedAt }: JobStatus): string {
  if (startedAt === null) return '';
  return endedAt === null ? `for ${durationText(Date.now() - startedAt)}` : durationText(endedAt - startedAt);
}
