// How an executor process starts, and one that starts before there is a pool of them: it takes longer to get ready than all that the
// worker loads, so a worker that is soon to have a job starts it first of all.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { executorCertificates, limits } from '@sheaf/protocol';

export const setpriv = '/usr/bin/setpriv';
/** With these the kernel kills the executor when the worker's thread dies. */
export const dieWithParent: readonly string[] = ['--pdeathsig', 'KILL', '--'];

export interface ExecutorStart {
  /** The executor's entry: a JavaScript file. */
  readonly executorPath: string;
  readonly heapMb: number;
  /** Whether this machine has a `setpriv` that knows what is asked of it. */
  readonly usesSetpriv: boolean;
}

/** Starts a process that is an executor, or executes Node in its place. */
export function startExecutor({ executorPath, heapMb, usesSetpriv }: ExecutorStart): ChildProcess {
  // Young objects die soon in a loop over records: a small nursery costs no time and saves tens of megabytes an executor.
  const heap = [`--max-old-space-size=${heapMb + limits.executorBaseHeapMb}`, `--max-semi-space-size=${limits.executorNurseryMb}`];
  const node = [process.execPath, ...heap, executorPath];
  const [command = '', ...args] = usesSetpriv ? [setpriv, ...dieWithParent, ...node] : node;
  return spawn(command, args, {
    // A group of its own, so that whatever it starts can be killed with it.
    detached: true,
    env: cleanEnvironment(process.env),
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
  });
}

/** Without what is Sheaf's own, secrets among it, and without what would change how Node starts. */
function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isOurs = (name: string) => name.startsWith('SHEAF_') || name === 'NODE_OPTIONS' || name.startsWith('NODE_CHANNEL_');
  const certificates = environment[executorCertificates];
  const theirs = Object.entries(environment).filter(([name]) => !isOurs(name));
  return { ...Object.fromEntries(theirs), ...(certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates }) };
}

/** Ends by itself when its worker does before it was taken, as the channel between them then ends. */
export class EarlyExecutor {
  private readonly heapMb: number;
  private child: ChildProcess | null;
  private readonly said: unknown[] = [];
  private readonly hear = (message: unknown): void => void this.said.push(message);

  constructor(start: Omit<ExecutorStart, 'usesSetpriv'>) {
    this.heapMb = start.heapMb;
    // One that does not know these options ends at once, and is not taken.
    this.child = startExecutor({ ...start, usesSetpriv: existsSync(setpriv) });
    this.child.on('message', this.hear);
    this.child.once('exit', () => this.forget());
    this.child.once('error', () => this.forget());
  }

  /** The process and what it has said so far, to its first taker; null when it is gone or has another heap. */
  take(heapMb: number): { readonly child: ChildProcess; readonly said: readonly unknown[] } | null {
    const { child, said } = this;
    if (child === null || child.pid === undefined || heapMb !== this.heapMb) return null;
    this.child = null;
    child.off('message', this.hear);
    return { child, said };
  }

  /** Whether there is nothing to take any more. */
  get hasEnded(): boolean {
    return this.child === null;
  }

  /** Ends it, if nobody has taken it. */
  end(): void {
    this.child?.kill('SIGKILL');
    this.forget();
  }

  private forget(): void {
    this.child = null;
  }
}
