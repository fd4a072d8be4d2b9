// The part of the dead letters that an attempt writes: a line of JSON for each record it skipped. Its bytes depend on the input,
// the code and the settings alone, so that an attempt that runs again writes the same. Without such a record there is no part.

import type { FailureCode } from '@sheaf/protocol';
import type { OutputPart } from '@sheaf/protocol/messages';
import { PartFile, stagedPath } from '@sheaf/storage';

/** The members in the order in which they are written. */
export interface DeadLetter {
  readonly file: string;
  /** Of its first byte in the unpacked file; of an item its number. */
  readonly offset: number;
  /** From 1; null: an item, or too deep in its file to be counted. */
  readonly line: number | null;
  /** As it was read, at most `limits.deadLetterRecordChars` characters. */
  readonly record: string;
  readonly stage: string;
  /** The function of the job that it was about. */
  readonly function?: string;
  readonly code: FailureCode;
  readonly message: string;
}

export interface DeadLettersOptions {
  readonly output: number;
  readonly staging: string;
  readonly task: number;
  readonly attempt: string;
}

export class DeadLetters {
  private readonly options: DeadLettersOptions;
  private file: PartFile | null = null;
  private records = 0;

  constructor(options: DeadLettersOptions) {
    this.options = options;
  }

  write(letter: DeadLetter): void {
    const { staging, task, attempt } = this.options;
    this.file ??= new PartFile(stagedPath(staging, task, attempt, '.jsonl'), { gzip: false });
    this.file.text(`${JSON.stringify(letter)}\n`);
    this.records++;
  }

  finish(): OutputPart[] {
    if (this.file === null) return [];
    const { path, bytes, sha256 } = this.file.finish();
    return [{ output: this.options.output, token: path, bytes, records: this.records, sha256 }];
  }

  abandon(): void {
    this.file?.abandon();
  }
}
