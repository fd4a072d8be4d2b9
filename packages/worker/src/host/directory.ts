// The working directory of a worker (`--dir`), and what a new life of the worker may keep of an older one.
//
//   worker.json                  the worker's id, made once
//   lock                         names the living owner
//   outputs/JOB/ATTEMPT/         edge-N.run: finished map outputs, as `outputPath` lays them out; spills while it runs;
//                                held.json: written when the attempt has succeeded, so that it can be offered again
//   outputs/JOB/pack-N.runs      map outputs of little size of many attempts (data/pack.ts)
//   jobs/JOB/                    bundle, blobs, fetched map outputs
//   logs/JOB/                    what attempts printed
//
// Everything but worker.json and intact held outputs is removed at the start.

import { randomInt } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isAttemptId, isJobId, isWorkerId, type JobId, limits, parseWorkerId, type WorkerId } from '@sheaf/protocol';
import { type AttemptName, type HeldAttempt, outputPath, type PackPlace } from '@sheaf/protocol/messages';
import { framesOf, type PackFrame } from '../data/pack.ts';
import { RunFile, runIn } from '../data/run-file.ts';
import { lockDirectory } from './directory-lock.ts';

/** A finished attempt and the sizes of its map outputs, as held.json has them. */
export interface HeldOutputs extends AttemptName {
  readonly outputs: readonly HeldOutput[];
}

export interface HeldOutput {
  readonly edge: number;
  /** The edge it was written for: edges that carry the same share a file. */
  readonly run: number;
  readonly bytes: number;
  readonly hash: string;
  readonly packed?: PackPlace;
}

export interface WorkerDirectory {
  readonly worker: WorkerId;
  /** Folder of the map outputs, absolute. */
  readonly outputs: string;
  readonly jobs: string;
  readonly logs: string;
  /** Outputs of an earlier life that are whole. */
  readonly held: readonly HeldOutputs[];
  release(): Promise<void>;
}

/** Opens, locks and cleans the directory. Throws UsageError when another worker has it. */
export async function openDirectory(path: string): Promise<WorkerDirectory> {
  const root = resolve(path);
  await mkdir(root, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(root);
  try {
    const worker = await workerIdOf(root);
    const [outputs, jobs, logs] = [join(root, 'outputs'), join(root, 'jobs'), join(root, 'logs')];
    for (const folder of [jobs, logs]) await rm(folder, { recursive: true, force: true });
    for (const folder of [outputs, jobs, logs]) await mkdir(folder, { recursive: true, mode: 0o700 });
    const held = await keepHeld(outputs);
    return { worker, outputs, jobs, logs, held, release: () => release(lock, [outputs, jobs, logs]) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** The folder of an attempt: where it spills, and where its map outputs stay. */
export function attemptFolder(outputs: string, { job, attempt }: Pick<AttemptName, 'job' | 'attempt'>): string {
  return join(outputs, job, attempt);
}

/**
 * Makes a succeeded attempt known to a later life of this worker. Not fsynced: what is damaged by a power cut is not offered.
 * Synchronous, so that an attempt's success is told before its executor's death is.
 */
export function recordHeld(outputs: string, held: HeldOutputs): void {
  writeAndRename(join(attemptFolder(outputs, held), 'held.json'), JSON.stringify(held));
}

/** What a hello says of held outputs. */
export function offerOf({ job, stage, task, attempt, outputs }: HeldOutputs): HeldAttempt {
  return { job, stage, task, attempt, hashes: Object.fromEntries(outputs.map(output => [output.edge, output.hash])) };
}

async function workerIdOf(root: string): Promise<WorkerId> {
  const path = join(root, 'worker.json');
  const known = await readJson(path);
  if (typeof known === 'object' && known !== null && 'id' in known && isWorkerId(known.id)) return known.id;
  const letters = Array.from({ length: 8 }, () => randomInt(36).toString(36));
  const id = parseWorkerId(`w${letters.join('')}`);
  writeAndRename(path, `${JSON.stringify({ id })}\n`);
  return id;
}

/** Removes all that is not an attempt with intact outputs. */
async function keepHeld(outputs: string): Promise<HeldOutputs[]> {
  const kept: HeldOutputs[] = [];
  for (const job of await readdir(outputs)) {
    const folder = join(outputs, job);
    const attempts = isJobId(job) ? await readdir(folder).catch(() => []) : [];
    const keptBefore = kept.length;
    for (const attempt of attempts) {
      const pack = packNumberOf(attempt);
      if (pack !== null) {
        const inPack = packedOutputs(join(folder, attempt), { job, pack }).slice(0, limits.heldAttemptsMax - kept.length);
        if (inPack.length === 0) await rm(join(folder, attempt), { force: true });
        kept.push(...inPack);
        continue;
      }
      const held = kept.length < limits.heldAttemptsMax ? await intactOutputs(outputs, job, attempt) : null;
      if (held === null) await rm(join(folder, attempt), { recursive: true, force: true });
      else kept.push(held);
    }
    if (kept.length === keptBefore) await rm(folder, { recursive: true, force: true });
  }
  return kept;
}

/** The number of a pack, of the name of its file; null: it is none. */
function packNumberOf(name: string): number | null {
  const number = /^pack-([0-9]{1,15})\.runs$/.exec(name)?.[1];
  return number === undefined ? null : Number(number);
}

/** The highest number of a pack among these outputs; 0: there is none. */
export function packsMade(held: readonly HeldOutputs[]): number {
  let made = 0;
  for (const { outputs } of held) for (const { packed } of outputs) made = Math.max(made, packed?.pack ?? 0);
  return made;
}

/** Attempts of the job whose runs in the pack are whole: ids and footers are right. */
function packedOutputs(path: string, { job, pack }: { readonly job: string; readonly pack: number }): HeldOutputs[] {
  return framesIn(path).flatMap(({ runs }) => {
    try {
      const outputs: HeldOutput[] = [];
      let name: AttemptName | null = null;
      for (const { at, bytes } of runs) {
        const { ids, hash } = runIn({ path, at, bytes });
        if (ids.job !== job || !isAttemptId(ids.attempt)) return [];
        name ??= { job: ids.job as JobId, stage: ids.stage, task: ids.task, attempt: ids.attempt };
        if (ids.attempt !== name.attempt) return [];
        outputs.push({ edge: ids.edge, run: ids.edge, bytes, hash, packed: { pack, at } });
      }
      return name === null ? [] : [{ ...name, outputs }];
    } catch {
      return [];
    }
  });
}

function framesIn(path: string): readonly PackFrame[] {
  try {
    return framesOf(path);
  } catch {
    return [];
  }
}

/** The outputs that held.json names, when each of them is whole: size, ids and footer are right. Blocks are checked when they are read. */
async function intactOutputs(outputs: string, job: string, attempt: string): Promise<HeldOutputs | null> {
  try {
    const folder = join(outputs, job, attempt);
    const held: HeldOutputs = JSON.parse(await readFile(join(folder, 'held.json'), 'utf8'));
    if (held.job !== job || held.attempt !== attempt || !isAttemptId(attempt)) return null;
    const names = new Set(['held.json']);
    for (const { edge, run, bytes } of held.outputs) {
      const path = outputPath(outputs, { ...held, edge });
      names.add(`edge-${edge}.run`);
      if ((await stat(path)).size !== bytes) return null;
      const { stage, task } = held;
      new RunFile(path, { job, stage, task, attempt, edge: run }).close();
    }
    for (const name of await readdir(folder)) if (!names.has(name)) await rm(join(folder, name), { recursive: true, force: true });
    return held;
  } catch {
    return null;
  }
}

/** null when there is no such file, or it holds no JSON. */
async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}

function writeAndRename(path: string, text: string): void {
  const temporary = `${path}.writing`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

/** Leaves only what a later life can use: empty folders go, and then the lock. */
async function release(lock: { release(): Promise<void> }, folders: readonly string[]): Promise<void> {
  const [outputs = '', ...others] = folders;
  for (const folder of others) await rm(folder, { recursive: true, force: true });
  const jobs = await readdir(outputs).catch(() => []);
  for (const folder of [...jobs.map(job => join(outputs, job)), outputs]) await rmdir(folder).catch(() => undefined);
  await lock.release();
}
