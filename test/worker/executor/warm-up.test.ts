import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { warmUp } from '../../../packages/worker/src/executor/warm-up.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sheaf-warm-up-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a warm-up runs all of its tasks and leaves nothing', async () => {
  let asked = 0;
  await warmUp({ directory, goesOn: () => ++asked > 0 });
  expect(asked).toBe(4);
  expect(readdirSync(directory)).toEqual([]);
});

test('a warm-up that is to stop leaves nothing either', async () => {
  for (let tasks = 0; tasks < 4; tasks++) {
    let left = tasks;
    await warmUp({ directory, goesOn: () => left-- > 0 });
    expect(readdirSync(directory)).toEqual([]);
  }
});
