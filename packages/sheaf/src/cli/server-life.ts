// How long a coordinator or worker lives, and what it takes with it: until a signal asks it to end, or, as a member of a
// simulated cluster, as long as its standard input, which ends when the process that started it does.

import { rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { UsageError } from '@sheaf/protocol';

/** How long the process lives: until a signal, or, as a member of a simulated cluster, as long as its standard input. */
export class ServerLife {
  readonly over: Promise<void>;
  /** The first line on standard input, which a member is told its coordinator's address by. */
  readonly firstLine: Promise<string>;
  private readonly member: boolean;
  private readonly release: () => void;

  constructor(member: boolean) {
    this.member = member;
    const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
    let onSignal = (): void => {};
    const signalled = new Promise<void>(end => {
      onSignal = end;
      for (const signal of signals) process.on(signal, end);
    });
    this.release = () => {
      for (const signal of signals) process.off(signal, onSignal);
      // An open standard input would keep the process alive.
      if (member) process.stdin.destroy();
    };
    if (!member) {
      this.over = signalled;
      this.firstLine = Promise.reject(
        new UsageError('--coordinator -: only members of a simulated cluster read the address from standard input'),
      );
      this.firstLine.catch(() => {});
      return;
    }
    const input = createInterface({ input: process.stdin });
    const closed = new Promise<void>(end => input.once('close', end));
    this.over = Promise.race([signalled, closed]);
    this.firstLine = new Promise((tell, fail) => {
      input.once('line', tell);
      void closed.then(() => fail(new Error('standard input ended before it told the address')));
    });
    this.firstLine.catch(() => {});
  }

  /** A member takes its directory with it, and the last one the directory of the cluster. */
  end(directory: string): void {
    this.release();
    if (!this.member) return;
    rmSync(directory, { recursive: true, force: true });
    try {
      rmdirSync(dirname(directory));
    } catch {
      // Another member is still there, or the parent has removed everything.
    }
  }
}
