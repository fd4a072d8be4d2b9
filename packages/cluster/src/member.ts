// One process of a simulated cluster. It is ready when it has said so in one line of JSON on its standard output, where a worker
// then tells what the job prints; it ends by itself when its standard input is closed, which the death of this process does
// too. What it says on standard error is kept, up to a limit, for the case that it fails.

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { executorCertificates, limits } from '@sheaf/protocol';

export interface MemberOptions {
  /** For messages: 'coordinator', 'worker 2'. */
  readonly name: string;
  /** Arguments for node: the command line's file and what follows it. */
  readonly arguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** What it says on standard output once it is ready, line by line. */
  readonly onLine?: (line: string) => void;
}

/** A process of a simulated cluster did not start, or ended when nobody asked it to. */
export class MemberError extends Error {
  /** The signal that ended it, if one did. */
  readonly signal: NodeJS.Signals | null;

  constructor(message: string, signal: NodeJS.Signals | null = null) {
    super(message);
    this.name = 'MemberError';
    this.signal = signal;
  }
}

/** What a member says when it is ready. */
export interface Ready {
  readonly url?: string;
  readonly worker?: string;
}

export interface Member {
  readonly name: string;
  readonly pid: number;
  /** Rejects when the process ends, or does not get ready, in `limits.executorStartMs`. */
  readonly ready: Promise<Ready>;
  /** Resolves when the process has ended, however. */
  readonly ended: Promise<MemberEnd>;
  /** Writes one line to its standard input. */
  tell(line: string): void;
  /** The end of what it said on standard error. */
  errors(): string;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to end; kills it if it has not within `graceMs`, or is not ready yet and so has nothing to put in order. */
  stop(graceMs: number): Promise<MemberEnd>;
}

export interface MemberEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const errorCharsKept = 8_192;

/**
 * Starts a member. It leads a process group of its own: a Ctrl-C at the terminal reaches the command line alone, which then
 * ends the cluster in order. Only one that comes between its fork and its first step reaches the member too, and ends it with
 * that signal: a MemberError says so.
 */
export function startMember(options: MemberOptions): Member {
  const child = spawn(process.execPath, options.arguments, {
    cwd: options.cwd,
    env: memberEnvironment(options.environment),
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-errorCharsKept);
  });
  // Writing to a process that has just ended is no failure of ours.
  child.stdin.on('error', () => {});
  const ended = new Promise<MemberEnd>(resolve => {
    child.on('error', error => {
      errors += error.message;
      resolve({ code: null, signal: null });
    });
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  const early = ended.then(({ code, signal }) => {
    throw new MemberError(`the ${options.name} ended with ${signal ?? `code ${code}`} before it was ready\n${errors}`.trimEnd(), signal);
  });
  const ready = Promise.race([readyLine(child, options), early]);
  let isReady = false;
  ready.then(
    () => {
      isReady = true;
    },
    () => {},
  );
  return {
    name: options.name,
    pid: child.pid ?? -1,
    ready,
    ended,
    tell: line => void child.stdin.write(`${line}\n`),
    errors: () => errors,
    kill: signal => void child.kill(signal),
    stop: async graceMs => {
      if (isReady) child.stdin.end();
      else child.kill('SIGKILL');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      const end = await ended;
      clearTimeout(timer);
      return end;
    },
  };
}

/**
 * Node reads these certificates when it starts, which takes longer than all else it does. A member speaks to others of its machine
 * without TLS; the code of jobs may not, so executors get them back.
 */
function memberEnvironment({ NODE_EXTRA_CA_CERTS: certificates, ...environment }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return certificates === undefined ? environment : { ...environment, [executorCertificates]: certificates };
}

/** The first line on the standard output of a child, read as JSON; those behind it are passed on. */
function readyLine(child: ChildProcess, { name, onLine }: MemberOptions): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new MemberError(`the ${name} was not ready after ${limits.executorStartMs / 1000} s`));
    const timer = setTimeout(late, limits.executorStartMs);
    if (child.stdout === null) throw new Error('a member has a pipe for its standard output');
    const lines = createInterface({ input: child.stdout });
    lines.once('line', first => {
      clearTimeout(timer);
      if (onLine !== undefined) lines.on('line', onLine);
      try {
        resolve(JSON.parse(first) as Ready);
      } catch {
        reject(new MemberError(`the ${name} said '${first.slice(0, 200)}' where it should have said that it is ready`));
      }
    });
    child.on('close', () => clearTimeout(timer));
  });
}
