// `output verify`: compares an output folder with its manifest, file by file and byte by byte.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isMissing } from './file-error.ts';
import { type ManifestPart, manifestName, readManifest } from './manifest.ts';

/** Something in an output that is not as the job left it. */
export interface OutputProblem {
  /** Path in the folder; `_SUCCESS` for the manifest. */
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
  const names = [manifestName, ...manifest.parts.map(part => part.name)];
  for (const part of await strangers(folder, new Set(names), '.')) {
    problems.push({ part, problem: 'is not of this job: the manifest does not name it' });
  }
  return problems;
}

/** What lies in the output, or in a folder of its parts, without being named. */
async function strangers(output: string, known: ReadonlySet<string>, folder: string): Promise<string[]> {
  const folders = new Set([...known].map(name => dirname(name)).flatMap(withParents));
  const found: string[] = [];
  for (const entry of (await readdir(join(output, folder))).sort()) {
    const name = join(folder, entry);
    if (folders.has(name)) found.push(...(await strangers(output, known, name)));
    else if (!known.has(name)) found.push(name);
  }
  return found;
}

function withParents(folder: string): string[] {
  return folder === '.' ? [] : [folder, ...withParents(dirname(folder))];
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
