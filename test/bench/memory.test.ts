// Input may be much larger than memory: a task has a budget of 64 MB, and a process takes no more than what it takes with next
// to nothing to do, that budget, and 64 MB of heap for the functions of the job and what waits for the garbage collector.
// `npm run bench -- memory` holds executors to the same with ten times the input.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DataFolder, type Input } from '../../packages/bench/src/bench/data/data-folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const megabyte = 2 ** 20;
const allowedBytes = 64 * megabyte + 64 * megabyte;

let folder = '';
let data: DataFolder;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sheaf-memory-')));
  data = new DataFolder(join(folder, 'data'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a job in one process, and gives the peak of its memory and what it wrote. */
async function run(
  job: string,
  input: Input,
): Promise<{ readonly peakBytes: number; readonly records: readonly { [name: string]: unknown }[] }> {
  const peak = join(folder, 'peak');
  const out = join(folder, 'out');
  const preload = `--import=${fileURLToPath(new URL('tell-peak-memory.mjs', import.meta.url))}`;
  const command = [join(root, 'packages/sheaf/bin/sheaf.mjs'), 'run', join(root, job), '--inline', '--overwrite', '--json'];
  await promisify(execFile)(process.execPath, [...command, '-p', `in=${input.path}`, '-p', `out=${out}`], {
    env: { ...process.env, NODE_OPTIONS: preload, PEAK_MEMORY_FILE: peak, TMPDIR: folder },
    maxBuffer: 64 * megabyte,
  });
  const parts = readdirSync(out).filter(name => name.startsWith('part-'));
  const lines = parts.flatMap(name => readFileSync(join(out, name), 'utf8').split('\n').slice(0, -1));
  return { peakBytes: Number(readFileSync(peak, 'utf8')), records: lines.map(line => JSON.parse(line)) };
}

function expectWithinLimit(peakBytes: number, idleBytes: number): void {
  const limitBytes = idleBytes + allowedBytes;
  const [peak, idle, limit] = [peakBytes, idleBytes, limitBytes].map(bytes => Math.round(bytes / megabyte));
  console.log(`peak ${peak} MiB, limit ${limit} MiB, with next to nothing to do ${idle} MiB`);
  expect(peakBytes).toBeLessThan(limitBytes);
}

function sumOf(records: readonly { [name: string]: unknown }[], field: string): number {
  return records.reduce((sum, record) => sum + Number(record[field]), 0);
}

test('eight times the budget, of which one key holds half', { timeout: 180_000 }, async () => {
  const job = 'packages/bench/jobs/half-in-one-key.ts';
  const idle = await run(job, data.file('lines', 1));
  const input = data.repeated(data.file('lines', 50), 10);
  const { peakBytes, records } = await run(job, input);
  // Every second record of each split.
  const large = records.find(({ key }) => key === 'the large one') as { readonly count: number; readonly bytes: number };
  expect(Math.abs(large.count - 2_500_000)).toBeLessThan(50);
  expect(large.bytes).toBe(large.count * 99);
  expect(sumOf(records, 'count')).toBe(5_000_000);
  expectWithinLimit(peakBytes, idle.peakBytes);
});

test('four times the budget, into a table of 200,000 words', { timeout: 180_000 }, async () => {
  const job = 'examples/word-count/job.ts';
  const idle = await run(job, data.file('words', 1));
  const once = data.file('words', 64);
  const { peakBytes, records } = await run(job, data.repeated(once, 4));
  const words = readFileSync(once.path, 'utf8').split(/\s+/).length - 1;
  expect(sumOf(records, 'n')).toBe(4 * words);
  expectWithinLimit(peakBytes, idle.peakBytes);
});
