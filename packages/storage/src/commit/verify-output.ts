// `output verify`: compares an output folder with its manifest, file by file and byte by byte.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isMissing } from './file-error.ts';
import { type ManifestPart, manifestName, readManifest } from './manifest.ts';

/** Something in an output that is not as the job left it. */
export interface OutputProblem {
  /** File name in the folder; `_SUCCESS` for the manifest. */
  readonly part: string;
  readonly problem: string;
}

/** All that is wrong, in the order of the parts; nothing when the output is as it was committed. */
export async function verifyOutput(folder: string): Promise<OutputProblem[]> {
  let text: string;
  try {
    text = await readFile(join(folder, manifestName), 'utf8');
  } catch (error) {
    return [{ part: manifestName, problem: isMissing(error) ? 'is missing: no job has committed here' : (error as Error).message }];
  }
  const manifest = readManifest(text);
  if (manifest === null) return [{ part: manifestName, problem: 'is damaged: its own checksum differs' }];
  const problems: OutputProblem[] = [];
  for (const part of manifest.parts) {
    const problem = await problemOf(folder, part);
    if (problem !== null) problems.push({ part: part.name, problem });
  }
  const known = new Set([manifestName, ...manifest.parts.map(part => part.name)]);
  for (const name of (await readdir(folder)).sort()) {
    if (!known.has(name)) problems.push({ part: name, problem: 'is not of this job: the manifest does not name it' });
  }
  return problems;
}

async function problemOf(folder: string, part: ManifestPart): Promise<string | null> {
  const path = join(folder, part.name);
  try {
    const { size } = await stat(path);
    if (size !== part.bytes) return `has ${size} bytes, ${part.bytes} were committed`;
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex') === part.sha256 ? null : 'has other bytes than were committed: its sha256 differs';
  } catch (error) {
    return isMissing(error) ? 'is missing' : `cannot be read: ${(error as Error).message}`;
  }
}
