// What a command and all that works for it takes is measured: on the clock, of the processors, of memory.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { measure } from '../../packages/bench/src/bench/measuring/measure.ts';

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-bench-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const busy =
  'const big = Buffer.alloc(200e6, 1); const end = process.cpuUsage().user + 400e3; while (process.cpuUsage().user < end) for (let i = 0; i < 1e7; i++);';

test('CPU time and memory of a process that the command started are counted', async () => {
  const folder = temporaryFolder();
  const command = `require("child_process").spawnSync(process.execPath, ["-e", ${JSON.stringify(busy)}])`;
  const measured = await measure({ line: [process.execPath, '-e', command], output: join(folder, 'out') }, folder);
  expect(measured.cpuSeconds).toBeGreaterThan(0.4);
  expect(measured.wallSeconds).toBeGreaterThan(0.4);
  expect(measured.peakBytes ?? Number.POSITIVE_INFINITY).toBeGreaterThan(200e6);
  expect(measured.peakBytesOf('big = Buffer') ?? Number.POSITIVE_INFINITY).toBeGreaterThan(200e6);
});

test('so are those of processes that work beside it', async () => {
  const folder = temporaryFolder();
  const [go, done] = [join(folder, 'go'), join(folder, 'done')];
  execFileSync('mkfifo', [go, done]);
  // It is still there when its time is asked for.
  const script = `const fs = require("fs"); fs.readFileSync("${go}"); ${busy} fs.writeFileSync("${done}", "done"); setInterval(() => {}, 1e6);`;
  const beside = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
  onTestFinished(() => {
    beside.kill('SIGKILL');
  });
  const line = ['sh', '-c', 'echo go > "$0"; cat "$1"', go, done];
  const measured = await measure({ line, output: join(folder, 'out') }, folder, {
    beside: [beside.pid!],
    untilDurable: folder,
  });
  expect(measured.cpuSeconds).toBeGreaterThan(0.4);
  expect(measured.peakBytes ?? Number.POSITIVE_INFINITY).toBeGreaterThan(200e6);
});

test('a command that fails ends the benchmark with what it said', async () => {
  const folder = temporaryFolder();
  const line = [process.execPath, '-e', 'console.error("no such luck"); process.exit(3)'];
  await expect(measure({ line, output: join(folder, 'out') }, folder)).rejects.toThrow(/ended with 3:\nno such luck/);
});
