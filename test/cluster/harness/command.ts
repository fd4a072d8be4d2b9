// A command of Sheaf's that ends by itself: `run`, `submit`, `logs` … What it printed, as text and as the objects of --json.

import type { JobStatus } from '@sheaf/protocol/messages';
import { type ProcessEnd, type ProcessOptions, SheafProcess } from './sheaf-process.ts';

export class Command {
  readonly process: SheafProcess;
  readonly ended: Promise<ProcessEnd>;

  constructor(options: ProcessOptions) {
    this.process = new SheafProcess(options);
    this.ended = this.process.ended;
  }

  /** The id of the job, as soon as the command has told it. */
  async job(): Promise<string> {
    const line = await this.process.firstLine();
    return line.startsWith('{') ? (JSON.parse(line) as { id: string }).id : line;
  }

  /** The last status that was printed, once the command has ended. */
  async status(): Promise<JobStatus> {
    const { stdout, stderr } = await this.ended;
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    if (!last.startsWith('{')) throw new Error(`the command printed no status:\n${stdout}\n${stderr}`);
    return JSON.parse(last) as JobStatus;
  }
}
