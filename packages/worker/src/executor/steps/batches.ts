// The mapBatch step: records go to user code in batches, several batches at once, and what comes of them goes on in the order of
// the batches. No more batches are under way, or done and not yet handed on, than the step's concurrency.

import type { RecordPlace } from '@sheaf/protocol';
import { iterableOf } from '../failure/user-mistake.ts';
import type { Where } from '../task-context.ts';
import type { TaskParts } from '../task-parts.ts';
import type { Push } from './step-calls.ts';
import type { WaitingStep } from './waiting-steps.ts';

export interface BatchesOptions {
  readonly size: number;
  readonly concurrency: number;
  readonly call: (records: readonly unknown[], context: unknown) => unknown;
  readonly parts: TaskParts;
  readonly next: Push;
}

interface Batch {
  readonly records: unknown[];
  /** Of its first record. */
  readonly where: Where;
  readonly place: RecordPlace | null;
  /** null: not yet begun. */
  given: Promise<unknown> | null;
}

export class Batches implements WaitingStep {
  private readonly options: BatchesOptions;
  /** In order: under way up to `begun`, the others wait. */
  private readonly queue: Batch[] = [];
  private begun = 0;
  private filling: Batch | null = null;

  constructor(options: BatchesOptions) {
    this.options = options;
  }

  get full(): boolean {
    return this.queue.length > this.options.concurrency;
  }

  readonly add = (record: unknown): void => {
    const { parts, size } = this.options;
    if (this.filling === null) {
      this.filling = { records: [], where: { ...parts.context.where }, place: parts.describe?.() ?? null, given: null };
    }
    this.filling.records.push(record);
    if (this.filling.records.length >= size) this.close();
  };

  async drain(): Promise<void> {
    while (this.full) await this.handOn();
  }

  async end(): Promise<void> {
    this.close();
    while (this.queue.length > 0) await this.handOn();
  }

  /** Calls that are under way cannot be ended; what they give reaches nobody. */
  abandon(): void {
    this.queue.length = 0;
  }

  private close(): void {
    if (this.filling === null) return;
    this.queue.push(this.filling);
    this.filling = null;
    this.begin();
  }

  private begin(): void {
    for (; this.begun < Math.min(this.queue.length, this.options.concurrency); this.begun++) {
      const batch = this.queue[this.begun] as Batch;
      batch.given = this.called(batch);
      // A rejection is told of when it is the batch's turn: until then nobody waits for it.
      batch.given.catch(() => undefined);
    }
  }

  private async called(batch: Batch): Promise<unknown> {
    const { call, parts } = this.options;
    const { where } = parts.context;
    const before = { ...where };
    Object.assign(where, batch.where);
    try {
      return call(batch.records, parts.context);
    } finally {
      Object.assign(where, before);
    }
  }

  /** Waits for the first batch and hands on what it gave. A failure, of it or behind it, names its first record. */
  private async handOn(): Promise<void> {
    const { parts, next } = this.options;
    const batch = this.queue[0] as Batch;
    const describe = parts.describe;
    const before = { ...parts.context.where };
    const { place } = batch;
    parts.describe = place === null ? null : () => place;
    const given = await batch.given;
    Object.assign(parts.context.where, batch.where);
    for (const record of iterableOf('mapBatch', given)) next(record);
    Object.assign(parts.context.where, before);
    parts.describe = describe;
    this.queue.shift();
    this.begun--;
    this.begin();
    parts.progress.advance();
    parts.progress.check();
  }
}
