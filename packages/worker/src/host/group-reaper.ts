// Kills executors and all they started when the worker dies, however it dies. A small shell reads the process groups from a
// pipe that only the worker holds; the pipe's end is the worker's end. It lives in a session of its own, so that what is
// sent to the worker's process group does not reach it.

import { type ChildProcess, spawn } from 'node:child_process';
import type { Logger } from 'pino';

/** Lines `+ GROUP` and `- GROUP`; at the end of the input all groups that are left are killed. */
const script = `
groups=""
while read -r change group; do
  case $change in
    +) groups="$groups $group" ;;
    -) others=""; for each in $groups; do [ "$each" = "$group" ] || others="$others $each"; done; groups=$others ;;
  esac
done
for each in $groups; do kill -s KILL -- "-$each" 2>/dev/null; done
`;

export class GroupReaper {
  private readonly shell: ChildProcess;

  constructor(logger: Logger) {
    this.shell = spawn('/bin/sh', ['-c', script], { cwd: '/', detached: true, env: {}, stdio: ['pipe', 'ignore', 'ignore'] });
    this.shell.on('error', error => logger.warn({ error: error.message }, 'executors may outlive this worker: no shell watches over them'));
    this.shell.stdin?.on('error', error =>
      logger.warn({ error: error.message }, 'executors may outlive this worker: their watcher is gone'),
    );
    this.shell.unref();
  }

  add(group: number): void {
    this.shell.stdin?.write(`+ ${group}\n`);
  }

  remove(group: number): void {
    this.shell.stdin?.write(`- ${group}\n`);
  }

  /** Ends the shell. What it still watches over is killed. */
  close(): Promise<void> {
    // Until now it kept nobody alive; whoever waits for its end has perhaps nothing else left to wait for.
    this.shell.ref();
    return new Promise(resolve => {
      if (this.shell.exitCode !== null || this.shell.signalCode !== null || this.shell.pid === undefined) resolve();
      else this.shell.once('exit', () => resolve());
      this.shell.stdin?.end();
    });
  }
}
