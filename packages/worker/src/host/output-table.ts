// The finished map outputs that this worker gives to others, by their names. Both ways to them, HTTP and the relay, look a
// request up here: what is not in the table does not exist, and nothing of a request is ever joined into a path.

import { type FileHandle, open } from 'node:fs/promises';
import type { AttemptId, JobId } from '@sheaf/protocol';
import type { OutputName } from '@sheaf/protocol/messages';

export interface ServedOutput extends OutputName {
  readonly path: string;
  /** Its first byte in a pack. Absent: it is the whole file. */
  readonly at?: number;
  readonly bytes: number;
}

/** The name as one text. */
export function outputKey({ job, edge, task, attempt }: OutputName): string {
  return `${job}/${edge}/${task}/${attempt}`;
}

export class OutputTable {
  private readonly outputs = new Map<string, ServedOutput>();
  /** Keys by job and attempt. */
  private readonly keys = new Map<JobId, Map<AttemptId, string[]>>();

  add(output: ServedOutput): void {
    const { job, attempt } = output;
    const key = outputKey(output);
    if (!this.outputs.has(key)) {
      const ofJob = this.keys.get(job) ?? new Map<AttemptId, string[]>();
      this.keys.set(job, ofJob);
      ofJob.set(attempt, [...(ofJob.get(attempt) ?? []), key]);
    }
    this.outputs.set(key, output);
  }

  /** Takes outputs out of service: of one attempt, or of a whole job. */
  remove(of: { readonly job: JobId; readonly attempt?: AttemptId }): void {
    const ofJob = this.keys.get(of.job);
    if (ofJob === undefined) return;
    const attempts = of.attempt === undefined ? [...ofJob.keys()] : [of.attempt];
    for (const attempt of attempts) {
      for (const key of ofJob.get(attempt) ?? []) this.outputs.delete(key);
      ofJob.delete(attempt);
    }
    if (ofJob.size === 0) this.keys.delete(of.job);
  }

  /** The output of that name, as `outputKey` spells it. */
  get(key: string): ServedOutput | null {
    return this.outputs.get(key) ?? null;
  }
}

/** null when the file is gone or is not what was finished. */
export async function openWhole(output: ServedOutput): Promise<FileHandle | null> {
  const file = await open(output.path, 'r').catch(() => null);
  if (file === null) return null;
  const { size } = await file.stat();
  if (output.at !== undefined ? size >= output.at + output.bytes : size === output.bytes) return file;
  await file.close();
  return null;
}
