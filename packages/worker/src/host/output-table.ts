// The finished map outputs that this worker gives to others, by their names. Both ways to them, HTTP and the relay, look a
// request up here: what is not in the table does not exist, and nothing of a request is ever joined into a path.

import { type FileHandle, open } from 'node:fs/promises';
import type { AttemptId, JobId } from '@sheaf/protocol';
import type { OutputName } from '@sheaf/protocol/messages';

export interface ServedOutput extends OutputName {
  readonly path: string;
  readonly bytes: number;
}

/** The name as one text. */
export function outputKey({ job, edge, task, attempt }: OutputName): string {
  return `${job}/${edge}/${task}/${attempt}`;
}

export class OutputTable {
  private readonly outputs = new Map<string, ServedOutput>();

  add(output: ServedOutput): void {
    this.outputs.set(outputKey(output), output);
  }

  /** Takes outputs out of service: of one attempt, or of a whole job. */
  remove(of: { readonly job: JobId; readonly attempt?: AttemptId }): void {
    for (const [key, output] of this.outputs) {
      if (output.job === of.job && (of.attempt === undefined || output.attempt === of.attempt)) this.outputs.delete(key);
    }
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
  if ((await file.stat()).size === output.bytes) return file;
  await file.close();
  return null;
}
