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
  /** By job and attempt; of a million attempts, so their names are not kept once more as texts. */
  private readonly outputs = new Map<string, Map<string, readonly ServedOutput[]>>();

  add(output: ServedOutput): void {
    const { job, attempt } = output;
    const ofJob = this.outputs.get(job) ?? new Map<string, readonly ServedOutput[]>();
    this.outputs.set(job, ofJob);
    const others = (ofJob.get(attempt) ?? []).filter(({ edge, task }) => edge !== output.edge || task !== output.task);
    ofJob.set(attempt, [...others, output]);
  }

  /** Takes outputs out of service: of one attempt, or of a whole job. */
  remove(of: { readonly job: JobId; readonly attempt?: AttemptId }): void {
    const ofJob = this.outputs.get(of.job);
    if (ofJob === undefined) return;
    if (of.attempt !== undefined) ofJob.delete(of.attempt);
    if (of.attempt === undefined || ofJob.size === 0) this.outputs.delete(of.job);
  }

  /** The output of that name, as `outputKey` spells it. */
  get(key: string): ServedOutput | null {
    const [job = '', , , attempt = ''] = key.split('/');
    return (
      this.outputs
        .get(job)
        ?.get(attempt)
        ?.find(output => outputKey(output) === key) ?? null
    );
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
