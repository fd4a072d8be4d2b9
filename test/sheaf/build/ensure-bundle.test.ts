// The bundle of a clone: made once, whole or not there, by however many processes at once.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const module = new URL('../../../packages/sheaf/build/ensure-bundle.mjs', import.meta.url).href;
const execute = promisify(execFile);

let cache = '';
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'sheaf-bundle-test-'));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

/** Asks for the bundle in a process of its own; gives the path of its command line. */
async function ask(): Promise<string> {
  const program = `import { ensureBundle } from ${JSON.stringify(module)}; console.log((await ensureBundle(${JSON.stringify(cache)})).cli);`;
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', program]);
  return stdout.trim();
}

test('processes that ask at the same moment get the same whole bundle, and nothing else is left', async () => {
  const [first, second] = await Promise.all([ask(), ask()]);
  expect(second).toBe(first);
  expect(readdirSync(cache).sort()).toEqual([first.split('/').at(-2), 'stamp.json'].sort());
  const { stdout } = await execute(process.execPath, [first, '--version']);
  expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
});

test('an unchanged bundle is not made again, also when its stamp is gone', async () => {
  const cli = await ask();
  const { mtimeMs } = statSync(cli);
  rmSync(join(cache, 'stamp.json'));
  expect(await ask()).toBe(cli);
  expect(await ask()).toBe(cli);
  expect(statSync(cli).mtimeMs).toBe(mtimeMs);
});
