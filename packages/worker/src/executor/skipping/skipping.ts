// Bad records, in an attempt that may skip them: a record that cannot be decoded, or on which a function of the job throws, is
// written as a dead letter, and the attempt goes on as if it had not been there. Only records of the input are skipped, and only
// for what is their own fault: what a fold, a batch, a disk or a setting does is no record's, and fails the attempt as ever.

import { writtenFunction } from '@sheaf/job/open';
import { type Failure, type FailureCode, FailureError, limits } from '@sheaf/protocol';
import type { FunctionRef, OutputId } from '@sheaf/protocol/graph';
import type { OutputPart } from '@sheaf/protocol/messages';
import type { BadRecord } from '@sheaf/storage';
import { causeOf, recordFailure } from '../failure/task-failure.ts';
import type { PartWriter } from '../output/part-writer.ts';
import type { EdgeWriter } from '../shuffle/edge-writer.ts';
import { recordMakers, refusals } from '../steps/record-makers.ts';
import type { Push } from '../steps/step-calls.ts';
import type { TaskParts } from '../task-parts.ts';
import { DeadLetters } from './dead-letters.ts';
import { HeldRecords } from './held-records.ts';
import { HeldEdge, HeldPart, HeldValue } from './held-sinks.ts';
import type { LetterPlace, RecordSkipping } from './record-skipping.ts';

/** What a record can be blamed for. */
const skippable: ReadonlySet<FailureCode> = new Set([
  'E_USER_CODE',
  'E_BAD_RECORD',
  'E_BAD_KEY',
  'E_KEY_TOO_LARGE',
  'E_BAD_VALUE',
  'E_BAD_OUTPUT_RECORD',
]);

/** Thrown through the reader when the attempt has skipped more than the whole job may: there is no sense in reading on. */
export class EnoughSkipped extends Error {}

export class Skipping implements RecordSkipping {
  readonly held: HeldRecords;
  /** Records skipped so far. */
  count = 0;
  /** Why the first of them was. */
  first: Failure | null = null;
  place: (record: unknown) => LetterPlace = () => {
    throw new Error('nothing is read');
  };
  private readonly run: TaskParts;
  private readonly countMax: number;
  private readonly letters: DeadLetters;
  /** The function of the job that is being asked. */
  private asked: FunctionRef | null = null;

  constructor(run: TaskParts, { output, maxCount }: { readonly output: OutputId; readonly maxCount: number | null }) {
    const { staging, task, attempt } = run.assignment;
    const folder = staging[output];
    if (folder === undefined) throw new Error(`the dead letters, output ${output}, have no staging folder`);
    this.run = run;
    this.countMax = maxCount ?? Number.POSITIVE_INFINITY;
    this.held = new HeldRecords(run.job.memory.budgetBytes);
    this.letters = new DeadLetters({ output, staging: folder, task, attempt });
  }

  /** More records are bad than the whole job may skip: what the attempt gives will not be used. */
  get hopeless(): boolean {
    return this.count > this.countMax;
  }

  guard(push: Push): Push {
    const { held } = this;
    return record => {
      held.begin();
      this.asked = null;
      try {
        push(record);
      } catch (error) {
        held.takeBack();
        this.skip(error, record);
        return;
      }
      held.release();
    };
  }

  refused(error: BadRecord): void {
    this.asked = null;
    this.skip(error, undefined);
    this.run.progress.tick();
  }

  inStep(asked: FunctionRef | null, push: Push): Push {
    return record => {
      const before = this.asked;
      this.asked = asked;
      push(record);
      this.asked = before;
    };
  }

  edge(writer: EdgeWriter): Push {
    const asks = (asked: FunctionRef | null): void => {
      this.asked = asked;
    };
    return new HeldEdge({ writer, held: this.held, job: this.run.job, asks }).add;
  }

  part(writer: PartWriter): Push {
    return new HeldPart(writer, this.held).add;
  }

  value<T>(look: (record: unknown) => T, put: (looked: T) => void): Push {
    return new HeldValue(this.held, look, put).add;
  }

  finish(): OutputPart[] {
    return this.letters.finish();
  }

  abandon(): void {
    this.letters.abandon();
  }

  private skip(error: unknown, record: unknown): void {
    const { run } = this;
    const { code, message: whole } = error instanceof FailureError ? error.failure : causeOf(error, run, this.asked !== null);
    if (!skippable.has(code)) throw error;
    const message = whole.slice(0, limits.failureMessageCharsMax);
    this.count++;
    const place = this.place(record);
    const name = this.functionName(code, error);
    this.letters.write({ ...place, stage: run.stage.name, ...(name === undefined ? {} : { function: name }), code, message });
    if (this.first === null) {
      const failure = recordFailure(error, run);
      this.first = { ...failure, message, record: { ...failure.record, ...(place.line === null ? {} : { line: place.line }) } };
    }
    if (!this.hopeless) return;
    run.progress.tick();
    throw new EnoughSkipped();
  }

  /** By the name that it has in the job, or by what it is for. */
  private functionName(code: FailureCode, error: unknown): string | undefined {
    if (refusals.has(code)) return recordMakers(code, error, this.run)[0]?.name || undefined;
    const handed = this.asked === null || code !== 'E_USER_CODE' ? undefined : this.run.job.functions[this.asked.index];
    if (handed === undefined || this.asked === null) return undefined;
    return writtenFunction(handed, this.asked.role === 'key')?.name || this.asked.role;
  }
}

/** Waits for a reading; that it was given up for too many bad records is an end like another. */
export async function unlessEnough(reading: Promise<void>): Promise<void> {
  try {
    await reading;
  } catch (error) {
    if (!(error instanceof EnoughSkipped)) throw error;
  }
}
