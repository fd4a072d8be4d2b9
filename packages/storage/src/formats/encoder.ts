// How a sink turns records into the bytes of a part file.

/** Appends bytes to a part; the executor gives one that buffers and writes in large pieces. */
export interface ByteSink {
  /** UTF-8; lone surrogates were refused before. */
  text(text: string): void;
  bytes(source: Uint8Array, from: number, to: number): void;
}

export interface Encoder {
  /** File name ending, with its dot: '.txt', '.jsonl', '.csv'. */
  readonly extension: string;
  /** Before the first record, or at the end of an empty part: a csv header, where columns are known. */
  begin(sink: ByteSink): void;
  /** Throws BadOutputRecord for a record that the format cannot hold. */
  write(record: unknown, sink: ByteSink): void;
  /** Gives what makes the encoder as it is now, for when records written from now on are taken back. Absent: no record changes it. */
  savepoint?(): () => void;
}

/** A record that the sink cannot write: E_BAD_OUTPUT_RECORD. */
export class BadOutputRecord extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BadOutputRecord';
  }
}
