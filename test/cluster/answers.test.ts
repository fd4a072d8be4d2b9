// A job that answers tells the same inline and on a cluster, with nothing on the disk; the command line prints it.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { jobFile, paramsOf, TestCluster } from './harness/test-cluster.ts';
import { writeWords } from './harness/word-data.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-answers-'));
const input = writeWords(join(folder, 'words'));
afterAll(() => rmSync(folder, { recursive: true }));

test('answers are the same inline and on a cluster, also as lines on standard output', async () => {
  const cluster = await TestCluster.start({ workers: [{ machine: 'first' }, { machine: 'second' }] });
  const params = paramsOf({ in: input });
  const answers = async (...command: string[]): Promise<{ total: number; most: { count: number }[]; all: { count: number }[] }> => {
    const { code, stdout, stderr } = await cluster.command(...command).ended;
    if (code !== 0) throw new Error(stderr);
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    return command.includes('--json') ? lines.at(-1).answers : Object.assign({}, ...lines);
  };
  const inline = await answers('run', jobFile('answering'), ...params, '--inline', '--json');
  expect(inline.all.reduce((sum, { count }) => sum + count, 0)).toBe(inline.total);
  expect(inline.most).toEqual(inline.all.slice(0, 3));
  const url = ['--coordinator', cluster.url];
  expect(await answers('submit', jobFile('answering'), ...params, ...url, '--json')).toEqual(inline);
  expect(await answers('submit', jobFile('answering'), ...params, ...url)).toEqual(inline);
  expect(await cluster.stop()).toEqual([]);
  expect(readdirSync(folder)).toEqual(['words']);
}, 60_000);
