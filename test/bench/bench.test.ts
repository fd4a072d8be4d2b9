// The benchmark works: with next to no data every case runs, its result is right, and it has figures.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { DataFolder } from '../../packages/bench/src/bench/data-folder.ts';
import { measure } from '../../packages/bench/src/bench/measure.ts';
import { measureSpeed } from '../../packages/bench/src/bench/speed.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = { cli: join(root, 'packages/sheaf/bin/sheaf.mjs'), root, package: join(root, 'packages/bench'), arguments: [] };

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-bench-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('every case gives figures', { timeout: 180_000 }, async () => {
  const text = await measureSpeed(program, { data: new DataFolder(temporaryFolder()), wordsMb: 1, linesMb: 1, rounds: 1, say: () => {} });
  const rows = text.split('\n').filter(line => /^\| (sheaf|plain)/.test(line));
  expect(rows.length).toBe(7);
  for (const row of rows) expect(row).toMatch(/^\| [^|]+( \| +[\d.]+){5}/);
});

test('CPU time and memory of a process that the command started are counted', async () => {
  const folder = temporaryFolder();
  const busy = 'const big = Buffer.alloc(200e6, 1); const end = process.cpuUsage().user + 300e3; while (process.cpuUsage().user < end);';
  const command = `require("child_process").spawnSync(process.execPath, ["-e", ${JSON.stringify(busy)}])`;
  const measured = await measure({ line: [process.execPath, '-e', command], output: join(folder, 'out') }, folder);
  expect(measured.cpuSeconds).toBeGreaterThan(0.3);
  expect(measured.wallSeconds).toBeGreaterThan(0.3);
  expect(measured.peakBytes ?? Number.POSITIVE_INFINITY).toBeGreaterThan(200e6);
});

test('a command that fails ends the benchmark with what it said', async () => {
  const folder = temporaryFolder();
  const line = [process.execPath, '-e', 'console.error("no such luck"); process.exit(3)'];
  await expect(measure({ line, output: join(folder, 'out') }, folder)).rejects.toThrow(/ended with 3:\nno such luck/);
});
