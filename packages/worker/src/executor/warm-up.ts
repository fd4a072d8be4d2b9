// What an executor does while no job asks for it: a small job of Sheaf's own, read, combined, merged and written as a user's would
// be. In a new process that takes ten times as long as in one that has done it before, as V8 compiles a function when it is first
// called. Nothing of it is left but compiled code: the kernels of a job's stages are made anew, as ever, and so is its module.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AttemptId, type JobId, jobIdOf } from '@sheaf/protocol';
import type { TaskAssignment } from '@sheaf/protocol/messages';
import { listedNow } from '@sheaf/storage';
import type { TaskMemory } from '../data/memory.ts';
import { encodeValue } from '../data/value-codec.ts';
import { graphHashOf, type LoadedJob, loadJob } from './loaded-job.ts';
import { type LocalOutput, localOutputs } from './local-outputs.ts';
import type { ExecutorTask } from './messages.ts';
import { runTask } from './run-task.ts';
import { warmUpGraph, warmUpModule } from './warm-up-job.ts';

export interface WarmUpOptions {
  /** An existing folder, in which nothing is left. */
  readonly directory: string;
  /** Asked before each task. */
  readonly goesOn: () => boolean;
}

const [lines, wordsOfLine, kinds] = [1_500, 6, 3_000];
const partitions = 2;
const job: JobId = jobIdOf(0, '0000');

/** Runs the job's tasks, one after another, while it may go on. Gives the memory that they had. */
export async function warmUp({ directory, goesOn }: WarmUpOptions): Promise<TaskMemory> {
  const folder = mkdtempSync(join(directory, 'warm-up-'));
  try {
    const loaded = await loadOwnJob(folder);
    const input = join(folder, 'input.txt');
    writeFileSync(input, inputText());
    mkdirSync(join(folder, 'parts'));
    const runs: LocalOutput[] = [];
    for (let task = 0; task < 2 && goesOn(); task++) {
      runs.push(await mapTask(loaded, { folder, input, task }));
      await nextTurn();
    }
    for (let task = 0; task < partitions && goesOn(); task++) {
      await run(loaded, { ...taskOf(folder, 1, task), sources: { 0: localOutputs(runs) } }, { reads: { 0: { from: task, to: task + 1 } } });
      await nextTurn();
    }
    return loaded.memory;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function loadOwnJob(folder: string): Promise<LoadedJob> {
  const bundlePath = join(folder, 'bundle.mjs');
  writeFileSync(bundlePath, warmUpModule());
  const params = new Uint8Array(64);
  const end = encodeValue({}, params, 0, params.length);
  const graph = JSON.stringify(warmUpGraph);
  const graphHash = graphHashOf(warmUpGraph);
  return loadJob({ ...{ job, name: warmUpGraph.job, bundlePath, graph, graphHash, spools: {} }, params: params.subarray(0, end) });
}

/** Half of the input. */
async function mapTask(
  loaded: LoadedJob,
  { folder, input, task }: { readonly folder: string; readonly input: string; readonly task: number },
): Promise<LocalOutput> {
  const file = listedNow(input, null);
  const middle = Math.floor(file.size / 2);
  const split = { input: 0, files: [file], pieces: [{ file: 0, from: task * middle, to: task === 0 ? middle : file.size }] };
  const pack = { number: 1, path: join(folder, 'pack-1.runs') };
  const { outputs } = await run(loaded, { ...taskOf(folder, 0, task), pack }, { split, partitions: { 0: partitions } });
  const [output] = outputs;
  if (output === undefined) throw new Error('a task of the warm-up left no run');
  const { path, bytes, packed } = output;
  return { task, attempt: attemptOf(0, task), ...(packed === undefined ? { path } : { path: pack.path, at: packed.at, bytes }) };
}

function taskOf(folder: string, stage: number, task: number): Omit<ExecutorTask, 'assignment'> & Pick<TaskAssignment, 'stage' | 'task'> {
  return { stage, task, sources: {}, directory: join(folder, attemptOf(stage, task)) };
}

function run(
  loaded: LoadedJob,
  { stage, task, ...given }: ReturnType<typeof taskOf>,
  more: Partial<TaskAssignment>,
): ReturnType<typeof runTask> {
  const assignment: TaskAssignment = {
    ...{ job, stage, task, attempt: attemptOf(stage, task), number: 1, generation: 0, split: null },
    ...{ partitions: {}, reads: {}, producers: { 0: 2 }, counts: {}, staging: { 0: dirname(given.directory) } },
    ...more,
  };
  return runTask(loaded, { ...given, assignment }, { progress: () => {}, log: () => {}, started: () => {} });
}

function attemptOf(stage: number, task: number): AttemptId {
  return `0.${1 + stage * partitions + task}` as AttemptId;
}

/** Words of many kinds, some of them often. */
function inputText(): string {
  let text = '';
  for (let line = 0, seed = 1; line < lines; line++) {
    for (let word = 0; word < wordsOfLine; word++) {
      seed = (seed * 48_271) % 2_147_483_647;
      text += `${(seed % (1 + (seed % kinds))).toString(36)}${word} `;
    }
    text += '\n';
  }
  return text;
}
