// The executor processes of a worker, by the numbers the agent gives them: how they are started, in what environment, and
// that none of them outlives the worker.

import { execFile } from 'node:child_process';
import { limits } from '@sheaf/protocol';
import type { Logger } from 'pino';
import type { ExecutorId } from '../agent/index.ts';
import type { ExecutorJob, ExecutorTask } from '../executor/messages.ts';
import type { AttemptLog } from './attempt-logs.ts';
import { type ExecutorEvents, ExecutorProcess } from './executor-process.ts';
import { dieWithParent, type EarlyExecutor, setpriv, startExecutor } from './executor-start.ts';
import { GroupReaper } from './group-reaper.ts';

export interface ExecutorPoolOptions {
  /** The executor's entry: a JavaScript file. */
  readonly executorPath: string;
  readonly logger: Logger;
  /** What `canUseSetpriv` found; without it the shell that watches over the executors does alone. */
  readonly usesSetpriv: boolean;
  /** One that was started before. */
  readonly early?: EarlyExecutor | undefined;
  /** Where executors may warm themselves up. Absent: nowhere. */
  readonly warmUpFolder?: string | undefined;
  /** Where an executor's events go. */
  readonly eventsOf: (executor: ExecutorId) => ExecutorEvents;
}

export class ExecutorPool {
  private readonly options: ExecutorPoolOptions;
  private readonly reaper: GroupReaper;
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
    const { executorPath, usesSetpriv, early, warmUpFolder } = this.options;
    const { started, said } = early?.take(heapMb) ?? {
      started: startExecutor({ executorPath, heapMb, usesSetpriv, warmUpFolder }),
      said: [],
    };
    const events = this.options.eventsOf(executor);
    const process_ = new ExecutorProcess({
      ...{ started, said, heapMb, reaper: this.reaper },
      events: {
        ...events,
        exited: (failure, attempt) => {
          this.processes.delete(executor);
          if (this.processes.size === 0) this.allGone?.();
          events.exited(failure, attempt);
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

  /** Takes back what the executor has not begun. */
  withdraw(executor: ExecutorId): void {
    this.processes.get(executor)?.withdraw();
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
