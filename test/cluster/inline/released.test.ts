// A chain of rounds inline: what a round made is deleted when the next has read it.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import rounds from '../jobs/rounds.ts';
import { runJob } from './run-job.ts';

test('outputs of no more than two stages of a chain lie on disk', async () => {
  const seen: number[] = [];
  const onStatus = (_: unknown, folder: string): void => {
    const files = readdirSync(join(folder, '.work'), { recursive: true, encoding: 'utf8' });
    const edges = files.flatMap(path => /edge-(\d+)\.run$/.exec(path)?.[1] ?? []);
    seen.push(new Set(edges).size);
  };
  const numbers = Array.from({ length: 200 }, (_, i) => `${i * 37}\n`).join('');
  const { status, parts, left } = await runJob(rounds, {
    params: { in: 'numbers.txt', out: 'out', rounds: 8 },
    files: { 'numbers.txt': numbers },
    onStatus,
  });
  expect(status.state, status.error?.message).toBe('succeeded');
  expect(status.stages.length).toBe(10);
  expect(parts.size).toBe(2);
  expect(Math.max(...seen)).toBe(2);
  expect(left).toEqual([]);
});
