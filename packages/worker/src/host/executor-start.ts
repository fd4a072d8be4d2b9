// How an executor process starts, and one that starts before there is a pool of them: it takes longer to get ready than all that the
// worker loads, so a worker that is soon to have a job starts it first of all.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { executorCertificates, limits } from '@sheaf/protocol';
import { LineLedger } from '../executor/line-ledger.ts';

export const setpriv = '/usr/bin/setpriv';
/** With these the kernel kills the executor when the worker's thread dies. */
export const dieWithParent: readonly string[] = ['--pdeathsig', 'KILL', '--'];

export interface ExecutorStart {
  /** The executor's entry: a JavaScript file. */
  readonly executorPath: string;
  readonly heapMb: number;
  /** Whether this machine has a `setpriv` that knows what is asked of it. */
  readonly usesSetpriv: boolean;
  /** A folder in which it may warm itself up while it waits for a job. Absent: it does not. */
  readonly warmUpFolder?: string | undefined;
}

export interface StartedExecutor {
  readonly child: ChildProcess;
  /** What it has in line, which it inherited. Whoever takes the process closes it. */
  readonly ledger: LineLedger;
}

/** Starts a process that is an executor, or executes Node in its place. */
export function startExecutor({ executorPath, heapMb, usesSetpriv, warmUpFolder }: ExecutorStart): StartedExecutor {
  // Young objects die soon in a loop over records: a small nursery costs no time and saves tens of megabytes an executor.
  const heap = [`--max-old-space-size=${heapMb + limits.executorBaseHeapMb}`, `--max-semi-space-size=${limits.executorNurseryMb}`];
  const node = [process.execPath, ...heap, executorPath, ...(warmUpFolder === undefined ? [] : [warmUpFolder])];
  const [command = '', ...args] = usesSetpriv ? [setpriv, ...dieWithParent, ...node] : node;
  const ledger = new LineLedger(tmpdir());
  const child = spawn(command, args, {
    // A group of its own, so that whatever it starts can be killed with it.
    detached: true,
    env: cleanEnvironment(process.env),
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe', ledger.fd],
  });
  return { child, ledger };
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
  private started: StartedExecutor | null;
  private readonly said: unknown[] = [];
  private readonly hear = (message: unknown): void => void this.said.push(message);

  constructor(start: Omit<ExecutorStart, 'usesSetpriv'>) {
    this.heapMb = start.heapMb;
    // One that does not know these options ends at once, and is not taken.
    this.started = startExecutor({ ...start, usesSetpriv: existsSync(setpriv) });
    const { child } = this.started;
    child.on('message', this.hear);
    child.once('exit', () => this.forget());
    child.once('error', () => this.forget());
  }

  /** The process and what it has said so far, to its first taker; null when it is gone or has another heap. */
  take(heapMb: number): { readonly started: StartedExecutor; readonly said: readonly unknown[] } | null {
    const { started, said } = this;
    if (started === null || started.child.pid === undefined || heapMb !== this.heapMb) return null;
    this.started = null;
    started.child.off('message', this.hear);
    return { started, said };
  }

  /** Whether there is nothing to take any more. */
  get hasEnded(): boolean {
    return this.started === null;
  }

  /** Ends it, if nobody has taken it. */
  end(): void {
    this.started?.child.kill('SIGKILL');
    this.forget();
  }

  private forget(): void {
    this.started?.ledger.close();
    this.started = null;
  }
}
