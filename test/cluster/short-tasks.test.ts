// Short tasks stand in line in their executors, and are withdrawn from behind long ones: each runs once, and prints as itself.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { jobFile, paramsOf } from './harness/test-cluster.ts';
import { withCluster } from './harness/with-cluster.ts';

test('each of many tasks runs once, and what it prints is its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-short-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await withCluster({ workers: [] }, async cluster => {
    const ran = join(folder, 'ran');
    const params = paramsOf({ tasks: '1000', ran });
    const { code, stderr } = await cluster.command('run', jobFile('short-tasks'), ...params, '--workers', '1', '--slots', '2').ended;
    expect(code, stderr).toBe(0);
    const items = readFileSync(ran, 'utf8').trim().split('\n').map(Number);
    expect(items.sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    const printed = stderr.match(/^\S+@\d+ │ item \d+$/gm) ?? [];
    expect(printed).toHaveLength(50);
    for (const line of printed) expect(line).toMatch(/@(\d+) │ item \1$/);
  });
}, 60_000);
