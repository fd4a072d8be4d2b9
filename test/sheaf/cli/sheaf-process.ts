// The command line as a process of its own, in a folder of its own, and what it left behind.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureBundle } from '../../../packages/sheaf/build/ensure-bundle.mjs';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What standard error has said so far. */
  told(): string;
  /** Resolves when standard error has said what matches; rejects when the process ends before. */
  said(pattern: RegExp): Promise<void>;
}

/** A user's folder: job files, inputs, outputs, and a folder for temporary files that nobody else uses. */
export class UserFolder {
  readonly path: string = mkdtempSync(join(tmpdir(), 'sheaf-user-'));
  readonly temporary: string = join(this.path, 'temporary');

  /** For the commands that are run here. */
  readonly environment: NodeJS.ProcessEnv = {
    ...process.env,
    TMPDIR: this.temporary,
    NO_COLOR: '1',
    XDG_CACHE_HOME: join(this.path, '.cache'),
  };

  constructor() {
    mkdirSync(this.temporary);
  }

  write(name: string, text: string | Uint8Array): string {
    const path = join(this.path, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  /** Names in the folder, hidden ones too, without the folder for temporary files. */
  names(): string[] {
    return readdirSync(this.path)
      .filter(name => name !== 'temporary')
      .sort();
  }

  /** The parts of an output, name by name. */
  parts(output: string): { [name: string]: string } {
    const names = readdirSync(join(this.path, output))
      .filter(name => name.startsWith('part-'))
      .sort();
    return Object.fromEntries(names.map(name => [name, readFileSync(join(this.path, output, name), 'utf8')]));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** Starts `sheaf ARGS` here, in a process group of its own. */
  async start(...args: readonly string[]): Promise<Running> {
    const { cli } = await ensureBundle();
    return this.startNode(cli, ...args);
  }

  /** Starts a program here, in a process group of its own. */
  startNode(...args: readonly string[]): Running {
    const child = spawn(process.execPath, args, {
      cwd: this.path,
      env: this.environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    const listeners = new Set<() => void>();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      for (const listener of listeners) listener();
    });
    const ended = new Promise<Ended>(resolve => child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })));
    const said = (pattern: RegExp): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(stderr)) resolve();
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`ended without saying ${pattern}:\n${stderr}`)));
      });
    return { child, ended, told: () => stderr, said };
  }

  /** Runs `sheaf ARGS` here to its end. */
  async run(...args: readonly string[]): Promise<Ended> {
    return (await this.start(...args)).ended;
  }

  /** What is left of commands that were run here: temporary files and living processes. Waits for both to go, up to a deadline. */
  async leftovers(): Promise<string[]> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const left = [...readdirSync(this.temporary), ...processesOf(this.temporary)];
      if (left.length === 0 || Date.now() > deadline) return left;
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }
}

/** Command lines of the processes that were started with this folder for temporary files. */
function processesOf(temporary: string): string[] {
  return readdirSync('/proc').flatMap(pid => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`TMPDIR=${temporary}`)) return [];
      // A process that has ended, but has not been waited for, has no command line.
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return command === '' ? [] : [`${pid} ${command}`];
    } catch {
      return [];
    }
  });
}
