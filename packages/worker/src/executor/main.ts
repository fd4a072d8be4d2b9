// The executor process: loads a job and runs the attempts of its line one at a time, until the worker closes the channel. User
// code may hang, exit or run out of memory here without touching a heartbeat; it has no network of ours and no credentials.

import { writeSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AttemptId, type Failure, FailureError, limits } from '@sheaf/protocol';
import type { TaskMemory } from '../data/memory.ts';
import { userStack } from './failure/user-stack.ts';
import { keepCode, keepCodeOf } from './keep-code.ts';
import { LineClaims } from './line-ledger.ts';
import { type LoadedJob, loadJob } from './loaded-job.ts';
import {
  type ExecutorJob,
  type ExecutorTask,
  type FromExecutor,
  type LinedUpTask,
  ledgerFd,
  progressFd,
  type ToExecutor,
  type TurnEnd,
} from './messages.ts';
import { PrintMarks } from './print-marks.ts';
import { progressText } from './progress-line.ts';
import { runTask, type TaskSight } from './run-task.ts';
import { warmUp } from './warm-up.ts';

let job: LoadedJob | null = null;
/** What the executor is busy with; asked when its event loop runs dry. */
let busy: { readonly fail: (failure: Failure) => void } | null = null;
const claims = new LineClaims(ledgerFd);
const marks = new PrintMarks();
/** What is to run, in order. */
const line: LinedUpTask[] = [];
let isRunning = false;
/** Ends that the worker has not been told, and since when there are some. */
let ends: TurnEnd[] = [];
let endsSince = 0;
/** Tasks in a row that took next to no time. What another first attempt comes to is then worth no line of progress at its start. */
let briefTasks = 0;
/** The attempt that runs, and where it is. */
let running: { readonly attempt: AttemptId; readonly look: () => TaskSight } | null = null;

const briefTasksMin = 8;
/** Ends travel together: as many as these, or as come in this time. */
const endsMax = limits.linedUpMax / 2;
const endsWaitMs = 2;

function send(message: FromExecutor): void {
  process.send?.(message);
}

function tellEnds(): void {
  if (ends.length > 0) send({ type: 'ended', ends });
  ends = [];
}

async function open(opening: ExecutorJob): Promise<void> {
  const answer = (failure: Failure | null): void => send({ type: 'opened', job: opening.job, failure });
  busy = { fail: answer };
  try {
    job = await loadJob(opening, await stopWarming());
    answer(null);
  } catch (error) {
    answer(openFailure(error, opening.bundlePath));
  }
}

/** Runs the line to its end. Behind an attempt that failed nothing more is run: the worker ends this process. */
async function runLine(): Promise<void> {
  isRunning = true;
  for (let next = line.shift(); next !== undefined; next = line.shift()) {
    const end = await runNext(next);
    if (end === null) return;
    if (ends.length === 0) endsSince = performance.now();
    ends.push(end);
    if (end.type === 'failed') line.length = 0;
    if (line.length === 0 || ends.length >= endsMax || performance.now() - endsSince >= endsWaitMs) tellEnds();
    keepCodeOf(next.task.assignment.stage);
  }
  isRunning = false;
}

/** null: it failed by an error that reached nobody, and has been told. */
async function runNext({ turn, task }: LinedUpTask): Promise<TurnEnd | null> {
  const { attempt } = task.assignment;
  if (!claims.begin(turn)) return { type: 'dropped', turn };
  marks.begin(attempt);
  const work = {
    fail: (failure: Failure): void => {
      ends.push({ type: 'failed', turn, failure });
      tellEnds();
    },
  };
  busy = work;
  const end = await endOf(turn, task);
  // A promise that was rejected while the task ran is told of after it: the task has not succeeded before that.
  await nextTurn();
  return busy === work ? end : null;
}

async function endOf(turn: number, task: ExecutorTask): Promise<TurnEnd> {
  const { attempt } = task.assignment;
  try {
    if (job === null) throw new FailureError({ code: 'E_INTERNAL', message: 'the executor was given a task before its job' });
    const isBrief = briefTasks >= briefTasksMin && task.assignment.number === 1;
    const result = await runTask(job, task, {
      isBrief,
      started: look => {
        running = { attempt, look };
      },
      progress: (records, bytes) => tellProgress(records, bytes),
      log: (level, message, fields) => {
        marks.mark(1);
        write(1, `${logLine(level, message, fields)}\n`);
      },
    });
    briefTasks = result.durationMs <= limits.briefTaskMs ? briefTasks + 1 : 0;
    return { type: 'succeeded', turn, result };
  } catch (error) {
    const failure = error instanceof FailureError ? error.failure : { code: 'E_INTERNAL' as const, message: String(error) };
    return { type: 'failed', turn, failure };
  } finally {
    running = null;
  }
}

function tellProgress(records: number, bytes: number): void {
  if (running === null) return;
  const { attempt, look } = running;
  const { place } = look();
  if (place === undefined) {
    write(progressFd, progressText({ attempt, records, bytes }));
    return;
  }
  // The record itself is told of only where a failure is about it.
  const { preview: _, ...where } = place;
  write(progressFd, progressText({ attempt, records, bytes, place: where }));
}

/** The job ends the process, and its stack still says where. After this nothing is heard of it. */
function tellExit(): void {
  if (running === null || busy === null) return;
  const { attempt, look } = running;
  const { records, bytes, place } = look();
  const exit = userStack(new Error('here'), job?.bundlePath ?? '');
  write(progressFd, progressText({ attempt, records, bytes, exit, ...(place === undefined ? {} : { place }) }));
}

/** An error of user code reached nobody. What it has left behind is not known: the worker starts another executor. */
function escaped(how: string, error: unknown): void {
  const failure = openFailure(error, job?.bundlePath ?? '');
  if (busy === null) process.exit(1);
  busy.fail({ ...failure, message: `${how}: ${failure.message}` });
  busy = null;
  setTimeout(() => process.exit(1), limits.executorKillGraceMs / 10);
}

function openFailure(error: unknown, bundlePath: string): Failure {
  if (error instanceof FailureError) return error.failure;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : `the job threw ${String(error)}`;
  const stack = error instanceof Error ? userStack(error, bundlePath) : '';
  return { code: 'E_USER_CODE', message, ...(stack === '' ? {} : { stack }) };
}

function logLine(level: 'info' | 'warn', message: string, fields: object | undefined): string {
  return JSON.stringify({ level, time: new Date().toISOString(), msg: message, ...fields });
}

/** Synchronous, so that it works while user code keeps the event loop busy; a full pipe or a gone worker loses the line. */
function write(fd: number, line: string): void {
  try {
    writeSync(fd, line);
  } catch {
    // The worker is gone, or does not keep up; its next line will say more.
  }
}

/** Node's loader of modules gets ready while no job asks for it: its bundle is a module. */
async function warmLoader(): Promise<void> {
  const nothing = 'data:text/javascript,';
  await import(nothing);
}

/** Where a job of ours may be run, when none of the worker's comes for a while; absent: nowhere. */
const warmUpFolder = process.argv[2];
let warming: Promise<TaskMemory | null> | null = null;
let isWanted = false;
const warmUpTimer = warmUpFolder === undefined ? undefined : setTimeout(warmUpIn, limits.executorWarmUpAfterMs, warmUpFolder);

function warmUpIn(directory: string): void {
  warming = warmUp({ directory, goesOn: () => !isWanted })
    .finally(keepCode)
    .catch(error => {
      write(2, `an executor could not be warmed up: ${String(error)}\n`);
      return null;
    });
}

/** Stops warming up, and gives the memory that it had. */
async function stopWarming(): Promise<TaskMemory | null> {
  clearTimeout(warmUpTimer);
  isWanted = true;
  return warming;
}

function take(message: ToExecutor): void {
  if (message.type === 'run') {
    line.push(...message.tasks);
    if (isRunning) return;
  }
  // While a task runs, only the task keeps the process alive: a promise that can never settle is noticed below.
  process.channel?.unref();
  const work = message.type === 'open-job' ? open(message.job) : runLine();
  void work.finally(() => {
    busy = null;
    process.channel?.ref();
  });
}

process.on('message', message => take(message as ToExecutor));
process.on('disconnect', () => {
  busy = null;
  process.exit(0);
});
process.on('exit', tellExit);
process.on('beforeExit', () => {
  if (busy === null) return;
  const { fail } = busy;
  busy = null;
  line.length = 0;
  process.channel?.ref();
  fail({ code: 'E_NEVER_SETTLED', message: 'a promise of the job never settled, and nothing was left to wait for' });
});
process.on('unhandledRejection', reason => escaped('a promise of the job was rejected and nobody waited for it', reason));
process.on('uncaughtException', error => escaped('the job threw where nobody could catch it, in a callback', error));

marks.watch();
send({ type: 'ready' });
void warmLoader().catch(() => undefined);
