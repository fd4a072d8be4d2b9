// The files that travel with a job: found beside the job file, and hashed, before anything runs. Workers fetch each by its hash.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { JobFiles } from '@sheaf/job/open';
import { limits, UsageError } from '@sheaf/protocol';

export interface JobFile {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Looks at the files of a job; `jobFile` is what their paths are relative to. Throws UsageError for one that cannot be read. */
export async function findJobFiles(files: JobFiles, jobFile: string): Promise<JobFile[]> {
  const found: JobFile[] = [];
  for (const [name, path] of Object.entries(files)) found.push(await findJobFile(name, resolve(dirname(jobFile), path)));
  return found;
}

async function findJobFile(name: string, path: string): Promise<JobFile> {
  const there = await stat(path).catch(() => null);
  if (there === null) throw new UsageError(`files: there is no ${path}, which the job ships as '${name}'.`);
  if (!there.isFile()) throw new UsageError(`files: ${path}, which the job ships as '${name}', is no file: name each file of a folder.`);
  if (there.size > limits.itemsSpoolBytesMax)
    throw new UsageError(`files: ${path} has ${there.size} bytes, more than ${limits.itemsSpoolBytesMax}: make it an input.`);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      bytes += (chunk as Buffer).length;
      hash.update(chunk as Buffer);
    }
  } catch (error) {
    throw new UsageError(`files: ${path}, which the job ships as '${name}', cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return { name, path, sha256: hash.digest('hex'), bytes };
}

/** Name → path, for tasks of this very process. */
export function pathsOfFiles(files: readonly JobFile[]): { readonly [name: string]: string } {
  return Object.fromEntries(files.map(({ name, path }) => [name, path]));
}
