// How the answers of a coordinator read: tables and lines on standard output.

import type { JobStatus } from '@sheaf/protocol/messages';
import { reportOptions } from './follow-job.ts';
import { escaped } from './printable.ts';
import { countText, durationText, plural } from './quantities.ts';
import { reportFailure } from './report-failure.ts';
import { tableLines } from './tables.ts';
import type { Terminal } from './terminal.ts';

export type Show = (answer: unknown, terminal: Terminal) => void;

/** The answer to `jobs`. */
export function showJobs(answer: unknown, terminal: Terminal): void {
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

/** The answer to `status`. */
export function showStatus(answer: unknown, terminal: Terminal): void {
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
  const { skipped } = status;
  if (skipped !== undefined) terminal.result(`skipped ${plural(skipped.records, 'record')}, dead letters ${escaped(skipped.deadLetters)}`);
  if (status.error !== null) terminal.result(reportFailure(status.error, reportOptions(terminal)));
}

/** The answer to `counters`. */
export function showCounters(answer: unknown, terminal: Terminal): void {
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

/** The answer to `workers`. */
export function showWorkers(answer: unknown, terminal: Terminal): void {
  const rows = (answer as readonly WorkerAnswer[]).map(({ id, host, pid, state, running, slots }) => [
    id,
    host,
    pid,
    state,
    `${running}/${slots}`,
  ]);
  for (const line of tableLines(['ID', 'HOST', 'PID', 'STATE', 'RUNNING'], rows)) terminal.result(line);
}

/** The answer to `drain`. */
export function showDrained(answer: unknown, terminal: Terminal): void {
  const { worker, state } = answer as { readonly worker: string; readonly state: string };
  terminal.result(`${worker} ${state}`);
}

/** The answer to `story`: one line an event. */
export function showStory(answer: unknown, terminal: Terminal): void {
  for (const entry of answer as readonly StoryAnswer[]) terminal.result(storyLine(entry));
}

/** One event of a story, as the coordinator gives it; stage is an index. */
interface StoryAnswer {
  readonly at: number;
  readonly stage: number | null;
  readonly task: number | null;
  readonly attempt: string | null;
  readonly what: string;
  readonly cause: string;
}

function storyLine({ at, stage, task, attempt, what, cause }: StoryAnswer): string {
  const where =
    stage === null ? 'job' : `stage ${stage}${task === null ? '' : ` task ${task}`}${attempt === null ? '' : ` attempt ${attempt}`}`;
  return `${new Date(at).toISOString()}  ${where}: ${escaped(what)} (${escaped(cause)})`;
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
