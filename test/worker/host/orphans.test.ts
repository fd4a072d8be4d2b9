// Nothing outlives a worker that is killed without a chance to say goodbye: not an executor that spins, not what it started,
// not the shell that watches over them.

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ExecutorPool } from '../../../packages/worker/src/host/executor-pool.ts';
import { eventually, isAlive } from './eventually.ts';
import { temporaryFolder } from './temporary.ts';

const here = (name: string): string => fileURLToPath(new URL(`testdata/${name}`, import.meta.url));

/** All living processes whose parent, grandparent … is `ancestor`, and their children. */
function descendantsOf(ancestor: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      parents.set(pid, Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It has just ended.
    }
  }
  const found: number[] = [];
  const visit = (parent: number): void => {
    for (const [pid, of] of parents) {
      if (of !== parent) continue;
      found.push(pid);
      visit(pid);
    }
  };
  visit(ancestor);
  return found;
}

const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');

describe('when a worker is killed, nothing of it lives on', () => {
  it.each(['setpriv', 'shell alone'])('with %s', async mode => {
    if (mode === 'setpriv') expect(await ExecutorPool.canUseSetpriv()).toBe(true);
    const folder = temporaryFolder();
    const program = join(folder, 'pool-process.mjs');
    const banner = { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" };
    await build({
      entryPoints: [here('pool-process.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
      banner,
      logLevel: 'error',
    });
    const worker = spawn(process.execPath, [program, here('executor.mjs'), folder, mode], { stdio: 'inherit' });
    onTestFinished(() => void worker.kill('SIGKILL'));
    const pid = worker.pid ?? 0;
    await eventually('the grandchild', () => descendantsOf(pid).some(each => commandOf(each).startsWith('sleep 1000')));
    await eventually('two executors', () => descendantsOf(pid).filter(each => commandOf(each).includes('executor.mjs')).length === 2);
    const all = descendantsOf(pid);
    expect(all.length).toBeGreaterThanOrEqual(4);
    worker.kill('SIGKILL');
    await eventually('the end of all', () => all.every(each => !isAlive(each)));
  });
});
