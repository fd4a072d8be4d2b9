// One process of Sheaf's command line, started from the bundle: what it says, how it is killed, frozen and waited for.
// It leads a process group of its own, so that a signal can reach it alone or with all of its group.

import { type ChildProcess, spawn } from 'node:child_process';
import { familyOf, isAlive, type SeenProcess } from './process-table.ts';

export interface ProcessOptions {
  /** For messages. */
  readonly name: string;
  /** The bundled command line. */
  readonly cli: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class SheafProcess {
  readonly name: string;
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  stdout = '';
  stderr = '';
  /** Everything that was ever seen to descend from it. */
  private readonly family = new Map<string, SeenProcess>();
  private readonly child: ChildProcess;
  private readonly listeners = new Set<() => void>();
  private hasEnded = false;
  private killed = false;

  constructor({ name, cli, args, cwd, environment }: ProcessOptions) {
    this.name = name;
    this.child = spawn(process.execPath, [cli, ...args], { cwd, env: environment, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.pid = this.child.pid!;
    this.child.stdout?.setEncoding('utf8').on('data', text => this.heard(() => (this.stdout += text)));
    this.child.stderr?.setEncoding('utf8').on('data', text => this.heard(() => (this.stderr += text)));
    this.ended = new Promise(resolve => {
      this.child.on('close', (code, signal) => {
        this.heard(() => (this.hasEnded = true));
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  get isRunning(): boolean {
    return !this.hasEnded;
  }

  /** It was ended by `kill`. */
  get wasKilled(): boolean {
    return this.killed;
  }

  /** The first line on standard output. Rejects when the process ends before. */
  async firstLine(): Promise<string> {
    await this.until(() => this.stdout.includes('\n'));
    if (!this.stdout.includes('\n')) throw new Error(`${this.name} ended before it said anything:\n${this.stderr}`);
    return this.stdout.slice(0, this.stdout.indexOf('\n'));
  }

  /** Resolves when standard error matches. Rejects when the process ends before. */
  async says(pattern: RegExp): Promise<void> {
    await this.until(() => pattern.test(this.stderr));
    if (!pattern.test(this.stderr)) throw new Error(`${this.name} ended without having said ${pattern}:\n${this.stderr}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.look();
    this.child.kill(signal);
  }

  /** As a terminal does it at Ctrl-C. */
  signalGroup(signal: NodeJS.Signals): void {
    this.look();
    process.kill(-this.pid, signal);
  }

  /** It does nothing any more, and does not know. */
  freeze(): void {
    this.signal('SIGSTOP');
  }

  unfreeze(): void {
    this.signal('SIGCONT');
  }

  /** `kill -9`, whatever it is doing. Nothing it would have started meanwhile escapes the family: it is frozen first. */
  async kill(): Promise<ProcessEnd> {
    if (this.isRunning) {
      this.killed = true;
      this.child.kill('SIGSTOP');
      this.look();
      this.child.kill('SIGKILL');
    }
    return this.ended;
  }

  /** All that was seen to descend from it, itself among them. */
  seen(): SeenProcess[] {
    this.look();
    return [...this.family.values()];
  }

  /** Whether any of them lives. */
  hasFamily(): boolean {
    return this.seen().some(isAlive);
  }

  /** Remembers its family as it is now. */
  look(): void {
    if (!this.isRunning) return;
    for (const member of familyOf(this.pid)) this.family.set(`${member.pid} ${member.startedAt}`, member);
  }

  private heard(change: () => void): void {
    change();
    for (const listener of this.listeners) listener();
  }

  /** Resolves when the condition holds, or the process has ended. */
  private until(condition: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const look = (): void => {
        if (!condition() && this.isRunning) return;
        this.listeners.delete(look);
        resolve();
      };
      this.listeners.add(look);
      look();
    });
  }
}
