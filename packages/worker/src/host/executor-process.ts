// One executor: a child process that loads a job once and runs its attempts one at a time. This side starts it, hands it
// work, listens to its messages and its progress pipe, keeps what it prints, ends it with all that it started, and says
// what its death means. It speaks through `ExecutorEvents`; after `exited` it says nothing more.
//
//   stdin nothing · stdout, stderr the user's prints · 3 the channel of messages · 4 progress lines

import type { ChildProcess } from 'node:child_process';
import { type AttemptId, type Failure, type JobId, limits } from '@sheaf/protocol';
import type { TaskResult } from '@sheaf/protocol/messages';
import { type ExecutorJob, type ExecutorTask, type FromExecutor, progressFd, type ToExecutor } from '../executor/messages.ts';
import { type ProgressLine, readProgressLine } from '../executor/progress-line.ts';
import type { AttemptLog } from './attempt-logs.ts';
import { boundedFailure, isTaskResult } from './bounded-failure.ts';
import type { GroupReaper } from './group-reaper.ts';
import { verdictOf } from './verdict.ts';

export interface ExecutorEvents {
  ready(): void;
  succeeded(attempt: AttemptId, result: TaskResult): void;
  failed(attempt: AttemptId, failure: Failure): void;
  progressed(line: ProgressLine): void;
  exited(failure: Failure): void;
}

export interface ExecutorOptions {
  /** It was started just now, or before and has said something since. */
  readonly child: ChildProcess;
  readonly said: readonly unknown[];
  readonly heapMb: number;
  readonly reaper: GroupReaper;
  readonly events: ExecutorEvents;
}

interface Work {
  readonly job: ExecutorJob;
  readonly task: ExecutorTask;
}

const stderrKept = 4_096;

export class ExecutorProcess {
  private readonly options: ExecutorOptions;
  private readonly child: ChildProcess;
  private phase: 'starting' | 'idle' | 'running' = 'starting';
  private work: Work | null = null;
  private openedJob: JobId | null = null;
  /** Of the attempt that runs, or ran last: what it still prints is its own. */
  private log: AttemptLog | null = null;
  private stderr = '';
  private progressRest = '';
  /** Of the attempt that runs: what it said when the job ended the process. */
  private lastWords: ProgressLine | null = null;
  /** Why this side ended it, if it did for a reason of its own. */
  private ended: string | null = null;
  private killTimer: NodeJS.Timeout | null = null;
  private readonly startTimer: NodeJS.Timeout;
  private isGone = false;

  constructor(options: ExecutorOptions) {
    this.options = options;
    this.child = options.child;
    this.startTimer = setTimeout(() => this.end(`it was not ready after ${limits.executorStartMs} ms`), limits.executorStartMs);
    if (this.child.pid !== undefined) options.reaper.add(this.child.pid);
    this.child.on('error', error => this.couldNotStart(error));
    this.child.on('message', message => this.received(message));
    this.child.on('disconnect', () => this.lostChannel());
    this.child.on('exit', (code, signal) => void this.exited(code, signal));
    this.child.stdout?.on('data', (chunk: Buffer) => this.log?.write(chunk));
    this.child.stderr?.on('data', (chunk: Buffer) => this.printedToStderr(chunk));
    this.child.stdio[progressFd]?.on('data', (chunk: Buffer) => this.progressed(chunk));
    this.child.stdio[progressFd]?.on('error', () => undefined);
    // Once whoever starts it knows of it.
    process.nextTick(() => {
      for (const message of options.said) this.received(message);
    });
  }

  /** Runs an attempt on an idle executor; the log takes what it prints from now on. */
  run(work: Work, log: AttemptLog): void {
    this.log?.close();
    this.log = log;
    this.work = work;
    this.phase = 'running';
    if (this.openedJob === work.job.job) this.send({ type: 'run', task: work.task });
    else this.send({ type: 'open-job', job: work.job });
  }

  /** Asks it to end, and after a grace kills it with all that it started. */
  kill(): void {
    if (this.killTimer !== null || this.isGone) return;
    this.signalGroup('SIGTERM');
    this.killTimer = setTimeout(() => this.signalGroup('SIGKILL'), limits.executorKillGraceMs);
  }

  /** Kills it with all that it started, at once. */
  killNow(): void {
    if (!this.isGone) this.signalGroup('SIGKILL');
  }

  private end(reason: string): void {
    this.ended ??= reason;
    this.killNow();
  }

  private send(message: ToExecutor): void {
    // A channel that is closed has been noticed by `lostChannel`.
    if (this.child.connected) this.child.send(message, () => undefined);
  }

  private received(message: unknown): void {
    if (this.isGone || !isFromExecutor(message)) return;
    const { events } = this.options;
    if (message.type === 'ready') {
      if (this.phase !== 'starting') return;
      clearTimeout(this.startTimer);
      this.phase = 'idle';
      events.ready();
      return;
    }
    if (this.work === null) return;
    const { attempt } = this.work.task.assignment;
    if (message.type === 'opened') this.opened(this.work, message.job, message.failure);
    else if (message.attempt !== attempt) return;
    else if (message.type === 'failed') this.finished(() => events.failed(attempt, boundedFailure(message.failure)));
    else if (isTaskResult(message.result)) this.finished(() => events.succeeded(attempt, message.result));
    else this.finished(() => events.failed(attempt, { code: 'E_INTERNAL', message: 'the executor sent a malformed result' }));
  }

  private opened({ job, task }: Work, opened: JobId, failure: Failure | null): void {
    if (job.job !== opened) return;
    if (failure !== null) {
      this.finished(() => this.options.events.failed(task.assignment.attempt, boundedFailure(failure)));
      return;
    }
    this.openedJob = opened;
    this.send({ type: 'run', task });
  }

  private finished(tell: () => void): void {
    this.work = null;
    this.phase = 'idle';
    tell();
  }

  private printedToStderr(chunk: Buffer): void {
    this.log?.write(chunk);
    this.stderr = (this.stderr + chunk.toString('latin1')).slice(-stderrKept);
  }

  private progressed(chunk: Buffer): void {
    const lines = (this.progressRest + chunk.toString('latin1')).split('\n');
    this.progressRest = (lines.pop() ?? '').slice(-limits.progressLineBytesMax);
    for (const text of lines) {
      const line = readProgressLine(text);
      // Whatever else the job may have written there is no progress.
      if (line === null || line.attempt !== this.work?.task.assignment.attempt) continue;
      if (line.exit !== undefined) this.lastWords = line;
      this.options.events.progressed(line);
    }
  }

  /** The channel ends with the process; when only the channel ends, the job has closed it and nothing can be heard any more. */
  private lostChannel(): void {
    setTimeout(() => {
      if (this.child.exitCode === null && this.child.signalCode === null) this.end('the job closed the channel to its worker');
    }, limits.executorDrainMs).unref();
  }

  private couldNotStart(error: Error): void {
    // Also raised for a signal or message that could not be sent, which says nothing new.
    if (this.child.pid !== undefined || this.isGone) return;
    this.gone();
    this.options.events.exited({ code: 'E_EXECUTOR_START', message: `the executor process could not be started: ${error.message}` });
  }

  private async exited(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    const pid = this.child.pid;
    if (pid === undefined || this.isGone) return;
    // What it started dies with it, and with that the last holders of its pipes.
    this.signalGroup('SIGKILL');
    this.options.reaper.remove(pid);
    await this.drained();
    const { heapMb, events } = this.options;
    const { phase, stderr, ended } = this;
    this.gone();
    const exit = ended === null && this.lastWords !== null ? { place: this.lastWords.place, stack: this.lastWords.exit ?? '' } : null;
    events.exited(boundedFailure(verdictOf({ phase, code, signal, stderr, heapMb, ended, exit })));
  }

  /** What it said before its death is heard first, unless somebody else holds its pipes. */
  private drained(): Promise<void> {
    const { child } = this;
    const closed = new Promise<void>(resolve => child.once('close', () => resolve()));
    const disconnected = child.connected ? new Promise<void>(resolve => child.once('disconnect', () => resolve())) : Promise.resolve();
    const deadline = new Promise<void>(resolve => setTimeout(resolve, limits.executorDrainMs).unref());
    return Promise.race([Promise.all([closed, disconnected]).then(() => undefined), deadline]);
  }

  private gone(): void {
    this.isGone = true;
    clearTimeout(this.startTimer);
    if (this.killTimer !== null) clearTimeout(this.killTimer);
    this.log?.close();
    for (const stream of this.child.stdio) stream?.destroy();
    if (this.child.connected) this.child.disconnect();
  }

  private signalGroup(signal: NodeJS.Signals): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // The group is empty: all of it has ended.
    }
  }
}

function isFromExecutor(message: unknown): message is FromExecutor {
  // A job can send what it likes over the channel; what is not one of these is not heard.
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  const { type } = message;
  return type === 'ready' || type === 'opened' || type === 'succeeded' || type === 'failed';
}
