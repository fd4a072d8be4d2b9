// A job from its submission to its end, as seen by whoever waits for it: progress, failures as they happen, the result.

import type { JobId } from '@sheaf/protocol';
import type { JobNote, JobStatus } from '@sheaf/protocol/messages';
import type { CoordinatorClient } from '../submit/client.ts';
import { answerText, answerValues, statusText } from './answer-values.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { JobExplainer } from './explain-options.ts';
import { locateRecord } from './locate-record.ts';
import { escaped } from './printable.ts';
import { makeProgress, type Progress, silentProgress } from './progress.ts';
import { countText, durationText, plural } from './quantities.ts';
import { noteText, type ReportOptions, reportFailure, shownPath } from './report-failure.ts';
import type { Terminal } from './terminal.ts';

export interface FollowOptions {
  readonly terminal: Terminal;
  /** Statuses, and notes as `{ note }`, as lines of JSON on standard output, instead of progress on standard error. */
  readonly json: boolean;
  /** `ws://HOST:PORT` of a coordinator that can be asked afterwards. */
  readonly coordinator?: string;
  /** Tells what the job did, once it has ended. */
  readonly explainer?: JobExplainer | null;
}

/** Progress for a command: none with `--json`. */
export function progressFor({ terminal, json }: FollowOptions): Progress {
  if (json) return silentProgress;
  const noteLine = (note: JobNote): string => noteText(note, reportOptions(terminal));
  return makeProgress({ stream: terminal.stderr, color: terminal.color, now: () => performance.now(), noteLine });
}

/** Watches the job until it has ended, and gives its last status, which is not printed yet. */
export async function followJob(client: CoordinatorClient, job: JobId, progress: Progress, options: FollowOptions): Promise<JobStatus> {
  const status = await client.watch(job, {
    status: status => {
      progress.status(status);
      if (options.json && status.endedAt === null) options.terminal.result(JSON.stringify(status));
    },
    note: note => {
      progress.note(note);
      if (options.json) options.terminal.result(JSON.stringify({ note }));
    },
  });
  progress.end();
  return status;
}

/** Prints how the job ended: result on standard output, everything else on standard error. Gives the exit code. */
export async function tellEnd(ended: JobStatus, options: FollowOptions): Promise<ExitCode> {
  const status = ended.error === null ? ended : { ...ended, error: await locateRecord(ended.error) };
  const code = tellOutcome(status, options);
  await options.explainer?.tell(status);
  return code;
}

function tellOutcome(status: JobStatus, { terminal, json, coordinator }: FollowOptions): ExitCode {
  if (json) terminal.result(statusText(status));
  switch (status.state) {
    case 'failed':
      if (status.error !== null) terminal.say(reportFailure(status.error, reportOptions(terminal)));
      if (coordinator !== undefined) terminal.say(logsAdvice(status, coordinator));
      terminal.say(`${escaped(status.name)} failed (${status.id})`);
      return exitCodes.failed;
    case 'cancelled':
      terminal.say(`${escaped(status.name)} was cancelled (${status.id})`);
      return exitCodes.cancelled;
    default:
      if (!json) {
        for (const folder of status.output) terminal.result(folder);
        for (const [name, value] of Object.entries(answerValues(status) ?? {})) terminal.result(answerText({ [name]: value }));
        terminal.say(summary(status, terminal));
      }
      return skippedRecords(status) > 0 ? exitCodes.skipped : exitCodes.succeeded;
  }
}

/** The command that shows what the attempt printed that failed the job, or all attempts did. */
function logsAdvice({ id, error }: JobStatus, coordinator: string): string {
  const attempt = error?.from?.attempt.match(/#(\d+\.\d+)$/)?.[1];
  return `what it printed: sheaf logs ${id}${attempt === undefined ? '' : ` --attempt ${attempt}`} --coordinator ${coordinator}`;
}

function skippedRecords({ skipped }: JobStatus): number {
  return skipped?.records ?? 0;
}

function summary(status: JobStatus, { cwd }: Terminal): string {
  const skipped = skippedRecords(status);
  const letters = escaped(shownPath(status.skipped?.deadLetters ?? '', cwd));
  const ended = skipped === 0 ? 'succeeded' : `completed with ${plural(skipped, 'skipped record')}: ${letters}/,`;
  const took = status.endedAt === null ? '' : ` in ${durationText(status.endedAt - (status.startedAt ?? status.submittedAt))}`;
  const [first] = status.stages;
  const read = first === undefined || first.records === 0 ? '' : `, ${countText(first.records)} records read`;
  const failed = status.stages.reduce((sum, stage) => sum + stage.failed, 0);
  const again = failed === 0 ? '' : `, ${failed} failed ${failed === 1 ? 'attempt' : 'attempts'} made good`;
  return `${escaped(status.name)} ${ended}${took}${read}${again}`;
}

export function reportOptions(terminal: Terminal): ReportOptions {
  return { cwd: terminal.cwd, width: terminal.width };
}
