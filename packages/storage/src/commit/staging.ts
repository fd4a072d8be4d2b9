// The hidden folder beside an output, in which a job gathers it: `.NAME.sheaf-JOBID`.
//   staging.json   whose it is, which parent folders were made for it, and the nonce that workers must read
//   parts/         what attempts write, each under a name of its own
//   final/         the output, until it is renamed to its place
//   old/           an overwritten output, until the new one is in its place

import { basename, dirname, join, sep } from 'node:path';
import type { JobId, TaskIndex } from '@sheaf/protocol';

/** The staging folder of a job's output. */
export function stagingFolder(folder: string, job: JobId): string {
  return join(dirname(folder), `.${basename(folder)}.sheaf-${job}`);
}

/**
 * The file that an attempt writes for its part; no two attempts have the same. An attempt that writes several counts them, as in
 * '1.5-0'. `extension` with its dots: '.jsonl.gz'.
 */
export function stagedPath(staging: string, part: TaskIndex, attempt: string, extension: string): string {
  return join(staging, 'parts', `${String(part).padStart(5, '0')}-${attempt}${extension}`);
}

/** The extension that stagedPath was given. */
export function extensionOf(stagedPath: string): string {
  const name = basename(stagedPath);
  // The attempt id has a dot of its own: EPOCH.COUNTER, and behind it perhaps -SERIAL.
  return /^\d+-\d+\.\d+(?:-\d+)?((?:\.[A-Za-z][A-Za-z0-9]*)*)$/.exec(name)?.[1] ?? '';
}

/** Names inside a staging folder. */
export function stagingPaths(staging: string): { note: string; parts: string; final: string; old: string } {
  return { note: join(staging, 'staging.json'), parts: join(staging, 'parts'), final: join(staging, 'final'), old: join(staging, 'old') };
}

/** Whether one folder is the other or lies inside it. */
export function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}
