// One executor: a child process that loads a job once and runs its attempts one at a time, in line. This side starts it, hands it
// work, listens to its messages and its progress pipe, keeps what it prints, ends it with all that it started, and says
// what its death means. It speaks through `ExecutorEvents`; after `exited` it says nothing more.
//
//   stdin nothing · stdout, stderr the user's prints · 3 the channel of messages · 4 progress lines · 5 the ledger of its line

import type { ChildProcess } from 'node:child_process';
import { type AttemptId, type Failure, type JobId, limits } from '@sheaf/protocol';
import type { TaskResult } from '@sheaf/protocol/messages';
import type { LineLedger } from '../executor/line-ledger.ts';
import {
  type ExecutorJob,
  type ExecutorTask,
  type FromExecutor,
  type LinedUpTask,
  progressFd,
  type ToExecutor,
  type TurnEnd,
} from '../executor/messages.ts';
import { MarkedPrints } from '../executor/print-marks.ts';
import { type ProgressLine, readProgressLine } from '../executor/progress-line.ts';
import type { AttemptLog } from './attempt-logs.ts';
import { boundedFailure, isTaskResult } from './bounded-failure.ts';
import type { StartedExecutor } from './executor-start.ts';
import type { GroupReaper } from './group-reaper.ts';
import { verdictOf } from './verdict.ts';

export interface ExecutorEvents {
  ready(): void;
  succeeded(attempt: AttemptId, result: TaskResult): void;
  failed(attempt: AttemptId, failure: Failure): void;
  progressed(line: ProgressLine): void;
  /** These of its line it will not begin; `running` is what it began last. */
  withdrawn(attempts: readonly AttemptId[], running: AttemptId | null): void;
  /** `attempt`: what of its line it had begun last. */
  exited(failure: Failure, attempt: AttemptId | null): void;
}

export interface ExecutorOptions {
  /** It was started just now, or before and has said something since. */
  readonly started: StartedExecutor;
  readonly said: readonly unknown[];
  readonly heapMb: number;
  readonly reaper: GroupReaper;
  readonly events: ExecutorEvents;
}

interface Work {
  readonly job: ExecutorJob;
  readonly task: ExecutorTask;
}

interface LinedUp extends Work {
  readonly turn: number;
  readonly log: AttemptLog;
}

interface Answered {
  readonly attempt: AttemptId;
  readonly log: AttemptLog;
}

const stderrKept = 4_096;
const answeredMax = 32 * limits.linedUpMax;

export class ExecutorProcess {
  private readonly options: ExecutorOptions;
  private readonly child: ChildProcess;
  private readonly ledger: LineLedger;
  private phase: 'starting' | 'idle' | 'running' = 'starting';
  /** What it was given and has not answered. */
  private line: LinedUp[] = [];
  /** The last ones that were answered: what they printed may come after the answer, and after those of many more. */
  private readonly answered: Answered[] = [];
  private turns = 0;
  /** Of the line, what has not been sent yet: it waits for the job to be opened, or for the end of what happens at this moment. */
  private unsent: LinedUpTask[] = [];
  private openingJob: JobId | null = null;
  private openedJob: JobId | null = null;
  /** By stream: of the attempt that prints, or printed last. What it still prints is its own. */
  private readonly logs: { [stream in 'stdout' | 'stderr']: AttemptLog | null } = { stdout: null, stderr: null };
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
    this.child = options.started.child;
    this.ledger = options.started.ledger;
    this.startTimer = setTimeout(() => this.end(`it was not ready after ${limits.executorStartMs} ms`), limits.executorStartMs);
    if (this.child.pid !== undefined) options.reaper.add(this.child.pid);
    this.child.on('error', error => this.couldNotStart(error));
    this.child.on('message', message => this.received(message));
    this.child.on('disconnect', () => this.lostChannel());
    this.child.on('exit', (code, signal) => void this.exited(code, signal));
    for (const stream of ['stdout', 'stderr'] as const) {
      const prints = new MarkedPrints(
        bytes => this.printed(stream, bytes),
        attempt => this.printsNow(stream, attempt),
      );
      this.child[stream]?.on('data', (chunk: Buffer) => prints.write(chunk));
      this.child[stream]?.on('end', () => prints.end());
    }
    this.child.stdio[progressFd]?.on('data', (chunk: Buffer) => this.progressed(chunk));
    this.child.stdio[progressFd]?.on('error', () => undefined);
    // Once whoever starts it knows of it.
    process.nextTick(() => {
      for (const message of options.said) this.received(message);
    });
  }

  /** Runs an attempt, behind those that it was given before; the log takes what the attempt prints. */
  run(work: Work, log: AttemptLog): void {
    this.turns++;
    const { task } = work;
    this.line.push({ ...work, turn: this.turns, log });
    this.unsent.push({ turn: this.turns, task });
    if (this.line.length === 1) {
      this.printsTo('stdout', log);
      this.printsTo('stderr', log);
    }
    this.phase = 'running';
    const { job } = work;
    if (this.openedJob === job.job) {
      if (this.unsent.length === 1) queueMicrotask(() => this.sendLine());
    } else if (this.openingJob !== job.job) {
      this.openingJob = job.job;
      this.send({ type: 'open-job', job });
    }
  }

  /** Takes back what it has not begun. */
  withdraw(): void {
    const [first] = this.line;
    // Before its job is open nothing has begun, but for the opening, which is for the first.
    const begun = this.openedJob === null ? (first?.turn ?? 0) : this.ledger.withdraw(this.turns);
    this.unsent = this.unsent.filter(({ turn }) => turn <= begun);
    this.letGo(
      this.line.filter(({ turn }) => turn > begun),
      begun,
    );
  }

  private letGo(withdrawn: readonly LinedUp[], begun: number): void {
    this.line = this.line.filter(lined => !withdrawn.includes(lined));
    for (const { log } of withdrawn) this.closeUnused(log);
    if (this.line.length === 0) this.phase = 'idle';
    const attempts = withdrawn.map(({ task }) => task.assignment.attempt);
    this.options.events.withdrawn(attempts, this.atTurn(begun));
  }

  private atTurn(turn: number): AttemptId | null {
    return this.line.find(lined => lined.turn === turn)?.task.assignment.attempt ?? null;
  }

  private sendLine(): void {
    if (this.unsent.length > 0) this.send({ type: 'run', tasks: this.unsent });
    this.unsent = [];
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
    if (message.type === 'opened') this.opened(message.job, message.failure);
    else if (Array.isArray(message.ends)) for (const end of message.ends) this.turnEnded(end);
  }

  private opened(opened: JobId, failure: Failure | null): void {
    const [first] = this.line;
    if (first === undefined || first.job.job !== opened) return;
    if (failure !== null) {
      this.unsent = [];
      this.options.events.failed(first.task.assignment.attempt, boundedFailure(failure));
      return;
    }
    this.openedJob = opened;
    this.sendLine();
  }

  /** An attempt has ended: the first of the line, as they end in order. */
  private turnEnded(end: TurnEnd | null): void {
    const [first] = this.line;
    if (first === undefined || this.isGone || first.turn !== end?.turn) return;
    const { events } = this.options;
    if (end.type === 'dropped') {
      this.letGo([first], 0);
      return;
    }
    this.line.shift();
    if (this.line.length === 0) this.phase = 'idle';
    const { attempt } = first.task.assignment;
    this.answered.push({ attempt, log: first.log });
    if (this.answered.length > answeredMax) this.closeUnused(this.answered.shift()?.log ?? null);
    if (end.type === 'failed') events.failed(attempt, boundedFailure(end.failure));
    else if (isTaskResult(end.result)) events.succeeded(attempt, end.result);
    else events.failed(attempt, { code: 'E_INTERNAL', message: 'the executor sent a malformed result' });
  }

  private printed(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this.logs[stream]?.write(chunk);
    if (stream === 'stderr') this.stderr = (this.stderr + chunk.toString('latin1')).slice(-stderrKept);
  }

  /** A mark on the stream: from here on it is this attempt's. */
  private printsNow(stream: 'stdout' | 'stderr', attempt: string): void {
    const log =
      this.answered.find(answered => answered.attempt === attempt)?.log ??
      this.line.find(({ task }) => task.assignment.attempt === attempt)?.log;
    if (log !== undefined) this.printsTo(stream, log);
  }

  private printsTo(stream: 'stdout' | 'stderr', log: AttemptLog): void {
    const before = this.logs[stream];
    this.logs[stream] = log;
    this.closeUnused(before);
  }

  private closeUnused(log: AttemptLog | null): void {
    const isPrinting = log === this.logs.stdout || log === this.logs.stderr;
    const isUsed = isPrinting || this.answered.some(one => one.log === log) || this.line.some(one => one.log === log);
    if (!isUsed) log?.close();
  }

  private progressed(chunk: Buffer): void {
    const lines = (this.progressRest + chunk.toString('latin1')).split('\n');
    this.progressRest = (lines.pop() ?? '').slice(-limits.progressLineBytesMax);
    for (const text of lines) {
      const line = readProgressLine(text);
      // Whatever else the job may have written there is no progress.
      if (line === null || !this.line.some(({ task }) => task.assignment.attempt === line.attempt)) continue;
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
    this.options.events.exited({ code: 'E_EXECUTOR_START', message: `the executor process could not be started: ${error.message}` }, null);
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
    const running = this.atTurn(this.ledger.begun());
    this.gone();
    const exit = ended === null && this.lastWords !== null ? { place: this.lastWords.place, stack: this.lastWords.exit ?? '' } : null;
    events.exited(boundedFailure(verdictOf({ phase, code, signal, stderr, heapMb, ended, exit })), running);
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
    for (const log of [this.logs.stdout, this.logs.stderr, ...[...this.answered, ...this.line].map(({ log }) => log)]) log?.close();
    this.ledger.close();
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
  return type === 'ready' || type === 'opened' || type === 'ended';
}
