// Decides for each checkpoint of a plan whether it is there already: its records are those of a run with the same operators,
// parameters, settings, inputs and shipped files, which the name of its folder says as a hash.

import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type CheckpointPlan, type CompiledJob, checkpointFolder, type DecidedCheckpoints } from '@sheaf/job/open';
import { canonical } from '@sheaf/protocol/graph';
import { listFiles, manifestName, readManifest } from '@sheaf/storage';
import { writeItemSpools } from './item-spools.ts';
import type { JobFile } from './job-files.ts';

/** What the records of a checkpoint may hang on, beside the plan. */
export interface Checkpointed {
  /** The parameters as they are sent; asked for where there is a checkpoint. */
  readonly encodedParams: () => Uint8Array;
  readonly shipped: readonly JobFile[];
  readonly cwd: string;
  /** An existing folder for what planning writes. */
  readonly directory: string;
}

/** Looks for the checkpoints of a plan. */
export async function decideCheckpoints(compiled: CompiledJob, of: Checkpointed): Promise<DecidedCheckpoints> {
  const plans = compiled.checkpoints ?? [];
  const items = plans.some(({ ofItems }) => ofItems) ? await itemsHash(compiled, of.directory) : '';
  const decided = await Promise.all(plans.map(async plan => [plan.folder, await decide(plan, { compiled, items, of })] as const));
  return Object.fromEntries(decided);
}

interface Deciding {
  readonly compiled: CompiledJob;
  readonly items: string;
  readonly of: Checkpointed;
}

async function decide(plan: CheckpointPlan, { compiled, items, of }: Deciding): Promise<DecidedCheckpoints[string]> {
  const hash = createHash('sha256');
  const add = (part: string | Uint8Array): void => void hash.update(`${part.length}\n`).update(part);
  add(plan.text);
  add(canonical(compiled.graph.settings));
  add(of.encodedParams());
  add(plan.ofItems ? items : '');
  for (const { name, sha256 } of of.shipped) add(`${name} ${sha256}`);
  const files = plan.paths.length === 0 ? [] : await listFiles(plan.paths, { cwd: of.cwd });
  for (const { path, size, modifiedMs } of files) add(`${path}\n${size} ${modifiedMs}`);
  const made = hash.digest('hex').slice(0, 16);
  return { made, isThere: await isWhole(resolve(of.cwd, checkpointFolder(plan.folder, made))) };
}

/** It was published: by one rename, so that every part is there. */
async function isWhole(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, manifestName), 'utf8').catch(() => null);
  return text !== null && readManifest(text) !== null;
}

/** Of all items that the job's code makes. */
async function itemsHash(compiled: CompiledJob, directory: string): Promise<string> {
  const folder = join(directory, 'checkpoint-items');
  await mkdir(folder, { recursive: true });
  const spools = await writeItemSpools(compiled, folder);
  return spools.map(({ name, sha256 }) => `${name} ${sha256}`).join('\n');
}
