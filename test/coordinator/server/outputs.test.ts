// Several outputs of one job commit together or not at all, and as often as it takes.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { abortOutputs, type PreparedJob, prepareOutputs, publishOutputs } from '@sheaf/coordinator/planning';
import { attemptIdOf, epochOf, parseJobId, UsageError } from '@sheaf/protocol';
import type { OutputPart } from '@sheaf/protocol/messages';
import { stagedPath } from '@sheaf/storage';
import { afterEach, beforeEach, expect, it } from 'vitest';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sheaf-outputs-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const job: PreparedJob = { id: parseJobId('jsample000001'), name: 'two', overwrite: false, output: [] };

async function prepared(...names: string[]) {
  const output = names.map(name => join(directory, name));
  const { staging } = await prepareOutputs({
    job: job.id,
    name: job.name,
    overwrite: false,
    folders: new Map(output.entries()),
    inputs: [],
    cwd: '/',
  });
  const parts = Object.entries(staging).map(([id, path]): { output: number; parts: OutputPart[] } => {
    const token = stagedPath(path, 0, attemptIdOf(epochOf(1), 1), '.txt');
    const content = `of ${id}\n`;
    writeFileSync(token, content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { output: Number(id), parts: [{ output: Number(id), token, bytes: content.length, records: 1, sha256 }] };
  });
  return { facts: { ...job, output }, parts };
}

it('are published together, and again after a crash', async () => {
  const { facts, parts } = await prepared('a', 'b');
  for (let times = 0; times < 2; times += 1) await publishOutputs(facts, parts, {});
  expect(readdirSync(directory).sort()).toEqual(['a', 'b']);
  expect(readdirSync(join(directory, 'b')).sort()).toEqual(['_SUCCESS', 'part-00000.txt']);
});

it('are given up together when one came into being meanwhile', async () => {
  const { facts, parts } = await prepared('a', 'b');
  mkdirSync(join(directory, 'b'));
  await expect(publishOutputs(facts, parts, {})).rejects.toThrow('b: the output has come into being while the job ran');
  await abortOutputs(facts);
  expect(readdirSync(directory)).toEqual(['b']);
});

it('are prepared together or not at all', async () => {
  mkdirSync(join(directory, 'b'));
  await expect(prepared('a', 'b')).rejects.toThrow(UsageError);
  expect(readdirSync(directory)).toEqual(['b']);
});
