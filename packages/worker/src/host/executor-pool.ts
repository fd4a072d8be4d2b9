// The executor processes of a worker, by the numbers the agent gives them: how they are started, in what environment, and
// that none of them outlives the worker.

import { execFile } from 'node:child_process';
import { executorCertificates, limits } from '@sheaf/protocol';
import type { Logger } from 'pino';
import type { ExecutorId } from '../agent/index.ts';
import type { ExecutorJob, ExecutorTask } from '../executor/messages.ts';
import type { AttemptLog } from './attempt-logs.ts';
import { type ExecutorEvents, ExecutorProcess } from './executor-process.ts';
import { GroupReaper } from './group-reaper.ts';

export interface ExecutorPoolOptions {
  /** The executor's entry: a JavaScript file. */
  readonly executorPath: string;
  readonly logger: Logger;
  /** What `canUseSetpriv` found; without it the shell that watches over the executors does alone. */
  readonly usesSetpriv: boolean;
  /** Where an executor's events go. */
  readonly eventsOf: (executor: ExecutorId) => ExecutorEvents;
}

const setpriv = '/usr/bin/setpriv';
/** With these the kernel kills the executor when the worker's thread dies. */
const dieWithParent = ['--pdeathsig', 'KILL', '--'];

export class ExecutorPool {
  private readonly options: ExecutorPoolOptions;
  private readonly reaper: GroupReaper;
  private readonly environment: NodeJS.ProcessEnv = cleanEnvironment(process.env);
  private readonly processes = new Map<ExecutorId, ExecutorProcess>();
  private allGone: (() => void) | null = null;

  /** Whether this machine has a `setpriv` that knows what is asked of it. */
  static canUseSetpriv(): Promise<boolean> {
    return new Promise(resolve => {
      execFile(setpriv, [...dieWithParent, '/bin/true'], { timeout: limits.executorStartMs }, error => resolve(error === null));
    });
  }

  constructor(options: ExecutorPoolOptions) {
    this.options = options;
    this.reaper = new GroupReaper(options.logger);
  }

  start(executor: ExecutorId, heapMb: number): void {
    // Young objects die soon in a loop over records: a small nursery costs no time and saves tens of megabytes an executor.
    const heap = [`--max-old-space-size=${heapMb + limits.executorBaseHeapMb}`, `--max-semi-space-size=${limits.executorNurseryMb}`];
    const node = [process.execPath, ...heap, this.options.executorPath];
    const [command = '', ...args] = this.options.usesSetpriv ? [setpriv, ...dieWithParent, ...node] : node;
    const events = this.options.eventsOf(executor);
    const process_ = new ExecutorProcess({
      ...{ command, args, heapMb, environment: this.environment, reaper: this.reaper },
      events: {
        ...events,
        exited: failure => {
          this.processes.delete(executor);
          if (this.processes.size === 0) this.allGone?.();
          events.exited(failure);
        },
      },
    });
    this.processes.set(executor, process_);
  }

  run(executor: ExecutorId, work: { readonly job: ExecutorJob; readonly task: ExecutorTask }, log: AttemptLog): void {
    const running = this.processes.get(executor);
    if (running === undefined) log.close();
    else running.run(work, log);
  }

  kill(executor: ExecutorId): void {
    this.processes.get(executor)?.kill();
  }

  /** Kills what is left, waits for it within a deadline, and ends the watcher. */
  async close(): Promise<void> {
    const gone = new Promise<void>(resolve => {
      this.allGone = resolve;
      if (this.processes.size === 0) resolve();
    });
    for (const executor of this.processes.values()) executor.killNow();
    await Promise.race([gone, new Promise<void>(resolve => setTimeout(resolve, limits.executorKillGraceMs).unref())]);
    await this.reaper.close();
  }
}

/** Without what is Sheaf's own, secrets among it, and without what would change how Node starts. */
function cleanEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isOurs = (name: string) => name.startsWith('SHEAF_') || name === 'NODE_OPTIONS' || name.startsWith('NODE_CHANNEL_');
  const certificates = environment[executorCertificates];
  const theirs = Object.entries(environment).filter(([name]) => !isOurs(name));
  return { ...Object.fromEntries(theirs), ...(certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates }) };
}
