// The writing side of an answer: its records are gathered as values in memory and go to the coordinator with the task's result.

import { createHash } from 'node:crypto';
import { FailureError } from '@sheaf/protocol';
import type { OutputPart } from '@sheaf/protocol/messages';
import { decodeValue, encodeValue } from '../../data/value-codec.ts';

export class AnswerWriter {
  /** Bytes of the records so far. */
  bytes = 0;
  private readonly output: number;
  private readonly name: string;
  private readonly scratch: Uint8Array;
  private readonly gathered: unknown[] = [];

  constructor(options: { readonly output: number; readonly name: string; readonly bytesMax: number }) {
    this.output = options.output;
    this.name = options.name;
    this.scratch = new Uint8Array(options.bytesMax);
  }

  get records(): number {
    return this.gathered.length;
  }

  write(record: unknown): void {
    const { scratch } = this;
    const end = encodeValue(record, scratch, this.bytes, scratch.length);
    if (end < 0) {
      const message = `the answer '${this.name}' is over ${scratch.length} bytes, the most that is carried to the caller: write it to a folder`;
      throw new FailureError({ code: 'E_ANSWER_TOO_LARGE', message });
    }
    // A copy: what the job does with its record later is its own affair.
    this.gathered.push(decodeValue(scratch, this.bytes, end));
    this.bytes = end;
  }

  finish(): OutputPart {
    const target = new Uint8Array(this.bytes + 16);
    const answer = target.slice(0, encodeValue(this.gathered, target, 0, target.length));
    const sha256 = createHash('sha256').update(answer).digest('hex');
    return { output: this.output, token: '/', bytes: answer.length, records: this.records, sha256, answer };
  }

  abandon(): void {}
}
