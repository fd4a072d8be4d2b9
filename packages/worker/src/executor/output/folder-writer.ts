// The writing side of an output with folders: its records come folder by folder, so one part is open at a time however many there
// are, and every part has a record.

import { FailureError, limits } from '@sheaf/protocol';
import type { OutputPart } from '@sheaf/protocol/messages';
import { newPartBuffer } from '@sheaf/storage';
import { PartWriter, type PartWriterOptions } from './part-writer.ts';

export class FolderWriter {
  records = 0;
  private readonly options: PartWriterOptions;
  private readonly buffer: Buffer = newPartBuffer();
  private readonly finished: OutputPart[] = [];
  private closedBytes = 0;
  private part: PartWriter | null = null;

  constructor(options: PartWriterOptions) {
    this.options = options;
  }

  get bytes(): number {
    return this.closedBytes + (this.part?.bytes ?? 0);
  }

  /** What is written from now on goes to this folder. No folder is entered twice. */
  enter(folder: string): void {
    this.close();
    const { options, buffer, finished } = this;
    if (finished.length === limits.partsPerTaskMax) {
      const message = `a task writes over ${limits.partsPerTaskMax} folders: partition by something with fewer values`;
      throw new FailureError({ code: 'E_BAD_OUTPUT_RECORD', message });
    }
    this.part = new PartWriter({ ...options, folder, buffer, attempt: `${options.attempt}-${finished.length}` });
  }

  write(record: unknown): void {
    if (this.part === null) throw new Error('a record without a folder');
    this.part.write(record);
    this.records++;
  }

  finish(): OutputPart[] {
    this.close();
    return this.finished;
  }

  /** Parts that are finished already go with the staging folder. */
  abandon(): void {
    this.part?.abandon();
  }

  private close(): void {
    const { part } = this;
    if (part === null) return;
    this.finished.push(part.finish());
    this.closedBytes += part.bytes;
    this.part = null;
  }
}
