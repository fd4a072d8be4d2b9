// Many small runs lie in one pack: of a damaged one the failure names the task that made it, so that this one is made again.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AttemptId, attemptIdOf, epochOf, type FailureError, jobIdOf } from '@sheaf/protocol';
import type { TaskAssignment, TaskResult } from '@sheaf/protocol/messages';
import { listedNow } from '@sheaf/storage';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runHeaderBytes } from '../../../packages/worker/src/data/run-format.ts';
import { encodeValue } from '../../../packages/worker/src/data/value-codec.ts';
import { graphHashOf, type LoadedJob, loadJob } from '../../../packages/worker/src/executor/loaded-job.ts';
import { type LocalOutput, localOutputs } from '../../../packages/worker/src/executor/local-outputs.ts';
import { runTask } from '../../../packages/worker/src/executor/run-task.ts';
import { warmUpGraph, warmUpModule } from '../../../packages/worker/src/executor/warm-up-job.ts';

const job = jobIdOf(1_700_000_000_000, 'pack');
const maps = 5;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-pack-'));
  mkdirSync(join(folder, 'parts'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function countOfWords(): Promise<LoadedJob> {
  const bundlePath = join(folder, 'bundle.mjs');
  writeFileSync(bundlePath, warmUpModule());
  const params = new Uint8Array(16);
  const end = encodeValue({}, params, 0, params.length);
  const graph = { graph: JSON.stringify(warmUpGraph), graphHash: graphHashOf(warmUpGraph) };
  return loadJob({ job, name: 'words', bundlePath, ...graph, spools: {}, params: params.subarray(0, end) });
}

const attemptOf = (stage: number, task: number): AttemptId => attemptIdOf(epochOf(1), 1 + stage * maps + task);

interface Task {
  readonly stage: number;
  readonly task: number;
}

function run(loaded: LoadedJob, of: Task, more: Partial<TaskAssignment>, sources: readonly LocalOutput[] = []): Promise<TaskResult> {
  const { stage, task } = of;
  const attempt = attemptOf(stage, task);
  const assignment: TaskAssignment = {
    ...{ job, stage, task, attempt, number: 1, generation: 0, split: null },
    ...{ partitions: {}, reads: {}, producers: { 0: maps }, counts: {}, staging: { 0: folder } },
    ...more,
  };
  const pack = stage === 0 ? { pack: { number: 1, path: join(folder, 'pack') } } : {};
  const given = { assignment, sources: { 0: localOutputs(sources) }, directory: join(folder, attempt), ...pack };
  return runTask(loaded, given, { progress: () => {}, log: () => {} });
}

/** Of each map task, which all count the same words. */
async function packedOutputs(loaded: LoadedJob): Promise<LocalOutput[]> {
  const input = join(folder, 'input');
  writeFileSync(input, 'some words and some more\n');
  const file = listedNow(input, null);
  const split = { input: 0, files: [file], pieces: [{ file: 0, from: 0, to: file.size }] };
  const outputs: LocalOutput[] = [];
  for (let task = 0; task < maps; task++) {
    const [output] = (await run(loaded, { stage: 0, task }, { split, partitions: { 0: 1 } })).outputs;
    if (output?.packed === undefined) throw new Error('it is in no pack');
    outputs.push({ task, attempt: attemptOf(0, task), path: join(folder, 'pack'), at: output.packed.at, bytes: output.bytes });
  }
  return outputs;
}

test.each([
  ['a block', runHeaderBytes + 30],
  ['the header', 20],
])('damage to %s of a run in a pack is told of the task whose run it is', async (_, offset) => {
  const loaded = await countOfWords();
  const outputs = await packedOutputs(loaded);
  const whole = readFileSync(join(folder, 'pack'));
  for (const { task, attempt, at = 0 } of outputs) {
    const damaged = Buffer.from(whole);
    damaged.writeUInt8(damaged.readUInt8(at + offset) ^ 1, at + offset);
    writeFileSync(join(folder, 'pack'), damaged);
    const failed = await run(loaded, { stage: 1, task: 0 }, { reads: { 0: { from: 0, to: 1 } } }, outputs).catch((error: unknown) => error);
    expect((failed as FailureError).failure).toMatchObject({ code: 'E_CORRUPT', lost: { stage: 0, task, attempt } });
  }
});
