// Checkpoints of a plan: whether each is written or read. The submitter decides it, by a hash of what the records are made of,
// and names the folder by that hash; executors find in the submitted graph what was decided, as they must make the same one.

import type { Output, StageGraph } from '@sheaf/protocol/graph';
import type { SourceDefinition } from '../sources.ts';
import { from, sourceDefinition } from '../sources.ts';
import { checkpointRecord } from './checkpoint-lines.ts';

/** By the folder that the plan names. */
export interface DecidedCheckpoints {
  readonly [folder: string]: { readonly made: string; readonly isThere: boolean };
}

/** What the records of a checkpoint are made of. */
export interface CheckpointPlan {
  readonly folder: string;
  /** The operators that lead to it, with the text of their functions. */
  readonly text: string;
  readonly paths: readonly string[];
  /** Some of them are items from code. */
  readonly ofItems: boolean;
}

/** A hash of 16 hex digits stands behind it. */
const prefix = 'checkpoint-';
/** Before anybody has decided. */
const undecided = { made: '0'.repeat(16), isThere: false };

export function decisionFor(decided: DecidedCheckpoints, folder: string): { readonly made: string; readonly isThere: boolean } {
  return (Object.hasOwn(decided, folder) ? decided[folder] : undefined) ?? undecided;
}

/** The folder of a checkpoint's parts. */
export function checkpointFolder(folder: string, made: string): string {
  return `${folder.replace(/\/+$/, '') || folder}/${prefix}${made}`;
}

export function checkpointOutput(folder: string, made: string): Extract<Output, { readonly type: 'files' }> {
  return { type: 'files', folder: checkpointFolder(folder, made), format: 'text', options: {} };
}

/** Reads its lines as the records they were. */
export function checkpointSource(folder: string, made: string): SourceDefinition {
  const lines = sourceDefinition(from.text(checkpointFolder(folder, made)).map(checkpointRecord as (line: string) => object));
  if (lines === undefined) throw new Error('from.text gives a source');
  return lines;
}

/** What was decided where a graph was made. */
export function decidedCheckpoints(graph: StageGraph, folders: readonly string[]): DecidedCheckpoints {
  const written = graph.outputs.flatMap(output => (output.type === 'files' ? [output.folder] : []));
  const read = graph.stages.flatMap(({ tasks }) =>
    tasks.type === 'splits' ? tasks.inputs.flatMap(input => (input.type === 'files' ? input.paths : [])) : [],
  );
  const madeOf = (folder: string, paths: readonly string[]): string | undefined => {
    const start = checkpointFolder(folder, '');
    return paths.find(path => path.startsWith(start) && /^[0-9a-f]{16}$/.test(path.slice(start.length)))?.slice(start.length);
  };
  const decided = folders.map(folder => {
    const made = madeOf(folder, read);
    return [
      folder,
      made === undefined ? { made: madeOf(folder, written) ?? undecided.made, isThere: false } : { made, isThere: true },
    ] as const;
  });
  return Object.fromEntries(decided);
}
