// What the readers and the steps of an attempt know of one that may skip bad records.

import type { FunctionRef } from '@sheaf/protocol/graph';
import type { BadRecord } from '@sheaf/storage';
import type { PartWriter } from '../output/part-writer.ts';
import type { EdgeWriter } from '../shuffle/edge-writer.ts';
import type { Push } from '../steps/step-calls.ts';
import type { DeadLetter } from './dead-letters.ts';
import type { HeldRecords } from './held-records.ts';

/** What a dead letter says of where its record came from. */
export type LetterPlace = Pick<DeadLetter, 'file' | 'offset' | 'line' | 'record'>;

export interface RecordSkipping {
  readonly held: HeldRecords;
  /** Where the record that is being worked on came from; set by who reads. */
  place: (record: unknown) => LetterPlace;
  /** Takes the records of the input on their way: a bad one leaves nothing but its letter. */
  guard(push: Push): Push;
  /** A record that could not be decoded. */
  refused(error: BadRecord): void;
  /** A step, so that a letter can name its function. */
  inStep(asked: FunctionRef | null, push: Push): Push;
  edge(writer: EdgeWriter): Push;
  part(writer: PartWriter): Push;
  /** A step that keeps something of records: `look` may refuse one. */
  value<T>(look: (record: unknown) => T, put: (looked: T) => void): Push;
}
