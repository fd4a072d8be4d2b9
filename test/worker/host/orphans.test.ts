// Nothing outlives a worker that is killed without a chance to say goodbye: not an executor that spins, not what it started,
// not the shell that watches over them.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ExecutorPool } from '../../../packages/worker/src/host/executor-pool.ts';
import { eventually } from './eventually.ts';
import { commandOf, descendantsOf, isAlive } from './processes.ts';
import { temporaryFolder } from './temporary.ts';

const here = (name: string): string => fileURLToPath(new URL(`testdata/${name}`, import.meta.url));

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
