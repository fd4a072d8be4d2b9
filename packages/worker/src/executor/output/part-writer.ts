// The writing side of an output: one part file in the staging folder, encoded record by record. Nothing of it is visible
// before the coordinator publishes the job.

import { FailureError } from '@sheaf/protocol';
import type { OutputPart } from '@sheaf/protocol/messages';
import {
  BadOutputRecord,
  type ByteSink,
  type Encoder,
  type FilesOutput,
  isGzipped,
  makeEncoder,
  PartFile,
  stagedPath,
} from '@sheaf/storage';
import { keyText } from '../failure/key-text.ts';

export interface PartWriterOptions {
  readonly index: number;
  readonly output: FilesOutput;
  readonly staging: string;
  /** Index of the part: the task's. */
  readonly part: number;
  /** The attempt's id; behind it a serial where it writes several. */
  readonly attempt: string;
  /** Where the part will lie below the output. */
  readonly folder?: string;
  /** One that no other open part uses. */
  readonly buffer?: Buffer;
}

export class PartWriter {
  records = 0;
  private readonly index: number;
  private readonly folder: string | undefined;
  private readonly encoder: Encoder;
  private readonly file: PartFile;
  private begun = false;

  constructor(options: PartWriterOptions) {
    const { output, staging, part, attempt, buffer } = options;
    this.index = options.index;
    this.folder = options.folder;
    this.encoder = makeEncoder(output);
    const gzip = isGzipped(output);
    this.file = new PartFile(stagedPath(staging, part, attempt, gzip ? `${this.encoder.extension}.gz` : this.encoder.extension), {
      gzip,
      ...(buffer === undefined ? {} : { buffer }),
    });
  }

  get bytes(): number {
    return this.file.rawBytes;
  }

  write(record: unknown): void {
    this.encode(record, this.file);
    this.records++;
  }

  /** Writes what will be the record's bytes elsewhere, for `writeEncoded`. */
  encode(record: unknown, sink: ByteSink): void {
    this.begin();
    try {
      this.encoder.write(record, sink);
    } catch (error) {
      if (!(error instanceof BadOutputRecord)) throw error;
      throw new FailureError(
        { code: 'E_BAD_OUTPUT_RECORD', message: error.message, record: { preview: keyText(record) } },
        { cause: error },
      );
    }
  }

  /** A record that was encoded before. */
  writeEncoded(source: Uint8Array, from: number, to: number): void {
    this.file.bytes(source, from, to);
    this.records++;
  }

  /** Gives what makes the writer as it is now when records that are encoded from now on are not written; undefined: nothing has to. */
  savepoint(): (() => void) | undefined {
    this.begin();
    return this.encoder.savepoint?.();
  }

  /** Lines of a text output that were never decoded, with their ends: valid UTF-8 in source[from, to). */
  writeLines(source: Uint8Array, { from, to, count }: { readonly from: number; readonly to: number; readonly count: number }): void {
    this.begin();
    this.file.bytes(source, from, to);
    this.records += count;
  }

  finish(): OutputPart {
    this.begin();
    const { path, bytes, sha256 } = this.file.finish();
    const folder = this.folder === undefined ? {} : { folder: this.folder };
    return { output: this.index, ...folder, token: path, bytes, records: this.records, sha256 };
  }

  abandon(): void {
    this.file.abandon();
  }

  private begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.encoder.begin(this.file);
  }
}
