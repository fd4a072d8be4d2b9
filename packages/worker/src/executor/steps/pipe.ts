// The pipe step: lines through an external program, one process for each task. Input waits in the program's stdin and output
// here, both bounded: a program that does not read, or that gives more than the steps behind it take, is waited for.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { FailureError, limits } from '@sheaf/protocol';
import { UserMistake, whatIs } from '../failure/user-mistake.ts';
import type { TaskParts } from '../task-parts.ts';
import type { Push } from './step-calls.ts';
import type { WaitingStep } from './waiting-steps.ts';

export class Pipe implements WaitingStep {
  private readonly command: readonly string[];
  private readonly parts: TaskParts;
  private readonly next: Push;
  private program: ChildProcessWithoutNullStreams | null = null;
  /** Lines that are gathered into one write. */
  private gathered = '';
  /** The program reads no more. */
  private deaf = false;
  private lines: string[] = [];
  private lineChars = 0;
  /** The beginning of a line whose end has not come. */
  private rest = '';
  private errors = '';
  /** How it ended, once its output has been read to the end. */
  private ended: { readonly how: string | null } | null = null;
  private wake: () => void = () => {};

  constructor(command: readonly string[], parts: TaskParts, next: Push) {
    this.command = command;
    this.parts = parts;
    this.next = next;
  }

  get full(): boolean {
    return this.lineChars > limits.pipeBytesMax || (!this.deaf && this.program?.stdin.writableNeedDrain === true);
  }

  readonly add = (line: unknown): void => {
    this.gathered += `${this.look(line)}\n`;
    if (this.gathered.length >= limits.blockBytes) this.send();
  };

  look(line: unknown): string {
    if (typeof line !== 'string') throw new UserMistake(`pipe takes lines, but was given ${whatIs(line)}`);
    if (line.includes('\n')) throw new UserMistake('pipe takes lines, but was given a text with a line break');
    return line;
  }

  async drain(): Promise<void> {
    while (this.full) {
      const woken = this.woken();
      this.handOn();
      if (this.full) await woken;
    }
  }

  async end(): Promise<void> {
    this.send();
    this.begun().stdin.end();
    while (this.ended === null) {
      const woken = this.woken();
      this.handOn();
      await woken;
    }
    this.handOn();
  }

  abandon(): void {
    this.program?.kill('SIGKILL');
  }

  private send(): void {
    const { stdin } = this.begun();
    if (!this.deaf) stdin.write(this.gathered);
    this.gathered = '';
  }

  private begun(): ChildProcessWithoutNullStreams {
    if (this.program !== null) return this.program;
    const [file, ...args] = this.command;
    const program = spawn(file as string, args, { stdio: 'pipe' });
    this.program = program;
    const decoder = new StringDecoder('utf8');
    program.stdout.on('data', (chunk: Buffer) => this.take(decoder.write(chunk)));
    program.stderr.on('data', (chunk: Buffer) => {
      this.errors = (this.errors + chunk.toString('utf8')).slice(-limits.pipeErrorBytesMax);
    });
    program.stdin.on('drain', () => this.wake());
    // It may end before it has read everything, like `head`; whether that was right is for its exit code to say.
    program.stdin.on('error', () => this.stopSending());
    program.on('error', error => this.close(`could not be started: ${error.message}`));
    program.on('close', (code, signal) => {
      if (this.rest !== '') this.put(this.rest);
      this.close(code === 0 ? null : signal === null ? `exited with ${code}` : `was ended by ${signal}`);
    });
    return program;
  }

  private stopSending(): void {
    this.deaf = true;
    this.wake();
  }

  private close(how: string | null): void {
    this.deaf = true;
    this.ended ??= { how };
    this.wake();
  }

  private take(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() as string;
    for (const line of lines) this.put(line);
    if (this.rest.length > limits.pipeLineBytesMax) {
      this.close(`gave a line of more than ${limits.pipeLineBytesMax} characters`);
      this.abandon();
    }
    if (this.lineChars > limits.pipeBytesMax) this.program?.stdout.pause();
    this.wake();
  }

  private put(line: string): void {
    this.lines.push(line);
    this.lineChars += line.length + 1;
  }

  /** Hands on the lines that have come. Throws when the program has failed. */
  private handOn(): void {
    if (this.ended !== null && this.ended.how !== null) throw this.failure(this.ended.how);
    const { lines, parts } = this;
    this.lines = [];
    this.lineChars = 0;
    const { describe } = parts;
    let at = 0;
    parts.describe = () => ({ preview: (lines[at] ?? '').slice(0, limits.recordPreviewChars) });
    for (; at < lines.length; at++) this.next(lines[at]);
    parts.describe = describe;
    parts.progress.advance();
    parts.progress.check();
    this.program?.stdout.resume();
  }

  private failure(how: string): FailureError {
    const said = this.errors.trim();
    const message = `pipe: ${this.command.join(' ')} ${how}${said === '' ? '' : `: ${said}`}`;
    return new FailureError({ code: 'E_USER_CODE', message: message.slice(0, limits.failureMessageCharsMax) });
  }

  private woken(): Promise<void> {
    return new Promise(resolve => {
      this.wake = resolve;
    });
  }
}
