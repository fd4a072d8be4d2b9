// What is broadcast and what is shipped reaches every worker, once: a job that reads both gives the same bytes inline and on three
// machines, and each executor makes its table once, however many tasks it runs.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from 'sheaf';
import { afterAll, expect, test } from 'vitest';
import { digestsOf, filesBelow, partsOf } from './harness/outputs.ts';
import { withCluster } from './harness/with-cluster.ts';
import { writeWords } from './harness/word-data.ts';
import sideData from './jobs/side-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-side-data-'));
const input = writeWords(join(folder, 'words'));
afterAll(() => rmSync(folder, { recursive: true }));

function madeIn(log: string): number[] {
  return readdirSync(log).map(pid => readFileSync(join(log, pid), 'utf8').split('\n').length - 1);
}

test('broadcasts and files are the same inline and on machines that share nothing but the output', async () => {
  const logs = ['inline-log', 'cluster-log'].map(name => join(folder, name)) as [string, string];
  for (const log of logs) mkdirSync(log);
  const inline = join(folder, 'inline');
  const first = await run(sideData, { in: input, out: inline, log: logs[0] }, { inline: true });
  expect(first.counters.frequent).toBeGreaterThan(0);
  expect(madeIn(logs[0])).toEqual([1]);
  const workers = ['first', 'second', 'third'].map(machine => ({ machine }));
  await withCluster({ workers }, async cluster => {
    const out = cluster.output('counts');
    const { counters } = await run(sideData, { in: input, out, log: logs[1] }, { coordinator: cluster.url });
    expect(digestsOf(partsOf(out))).toEqual(digestsOf(partsOf(inline)));
    expect(counters).toEqual(first.counters);
    const made = madeIn(logs[1]);
    expect(made.length).toBeLessThanOrEqual(3);
    expect(made.every(times => times === 1)).toBe(true);
    await cluster.until('the workers have nothing of the job', () =>
      cluster.workers.every(({ directory }) => filesBelow(directory).every(path => !path.includes('factors.json'))),
    );
  });
});
