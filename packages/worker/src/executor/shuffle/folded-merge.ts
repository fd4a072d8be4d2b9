// The final merge of a combiner: partial results of one key become one by a kernel, so that the groups read one record a key and
// not one for each map task. What is no number comes record by record, and is folded where groups are read.

import type { Region } from '../../data/memory.ts';
import { type PartialKernel, partialHeadBytes, partialKernelOf } from '../../kernels/partial-kernel.ts';
import { mergeReasons } from '../../kernels/record-kernel.ts';
import { type BulkMergeOptions, KernelMerge } from './bulk-merge.ts';
import type { NumberFolds } from './number-folds.ts';

/** What is read of a record, wherever it lies. */
export interface MergedRecord {
  readonly keyAt: number;
  readonly keyLength: number;
  readonly groupLength: number;
  readonly valueLength: number;
  /** Records of the merge that it is made of, and bytes of their keys and values. */
  readonly mergedRecords: number;
  readonly mergedBytes: number;
  value(large: Region): number;
}

export interface FoldedMergeOptions extends BulkMergeOptions {
  readonly folds: NumberFolds;
  readonly side: number;
  /** Where records are written, and room for one key. */
  readonly out: Region;
  readonly lastKey: number;
}

class FoldedRecord implements MergedRecord {
  keyAt = 0;
  keyLength = 0;
  groupLength = 0;
  valueLength = 0;
  mergedRecords = 0;
  mergedBytes = 0;

  value(): number {
    return this.keyAt + this.keyLength;
  }
}

/** The kernel may write so many bytes more than it says. */
const overshoot = 16;

export class FoldedMerge extends KernelMerge<PartialKernel> {
  /** The current record, after `next()` gave true. */
  cursor: MergedRecord;
  readonly side: number;

  private readonly options: FoldedMergeOptions;
  private readonly record = new FoldedRecord();
  /** Records that are written and not read, and why there are no more of them. */
  private at = 0;
  private end = 0;
  private reason: number = mergeReasons.isFull;

  constructor(options: FoldedMergeOptions) {
    super(partialKernelOf(options.memory), options);
    this.options = options;
    this.side = options.side;
    this.cursor = this.record;
    const { memory, folds, lastKey } = options;
    this.kernel.numbers(memory.scratch.from, folds.kinds.length, folds.perList, lastKey);
  }

  /** Steps to the next record in order; false at the end. */
  next(): boolean {
    while (this.at === this.end) {
      if (this.reason === mergeReasons.allDone) return false;
      if (this.reason === mergeReasons.isOther) {
        // Too large for the kernel: it is read where it lies, and taken when the next one is asked for.
        if (this.cursor === this.record) {
          this.cursor = this.current();
          return true;
        }
        this.take();
        this.cursor = this.record;
      }
      this.fill();
    }
    this.read();
    return true;
  }

  private fill(): void {
    const { memory, folds, out } = this.options;
    const kindsAt = memory.scratch.from + 16 * folds.kinds.length;
    folds.kinds.forEach((kind, i) => {
      memory.bytes[kindsAt + i] = kind;
    });
    this.at = out.from;
    this.end = out.from;
    do {
      this.reason = this.kernel.merge(this.end, out.to - overshoot);
      this.end = this.kernel.outEnd();
      if (this.reason === mergeReasons.needsBlock) this.supply(this.kernel.winner());
    } while (this.reason === mergeReasons.needsBlock);
  }

  private read(): void {
    const { words, floats } = this.options.memory;
    const { record } = this;
    const word = this.at >>> 2;
    record.keyLength = words[word] as number;
    record.groupLength = words[word + 1] as number;
    record.valueLength = words[word + 2] as number;
    record.mergedRecords = words[word + 3] as number;
    record.mergedBytes = floats[(word + 4) >>> 1] as number;
    record.keyAt = this.at + partialHeadBytes;
    this.at = (record.keyAt + record.keyLength + record.valueLength + 7) & ~7;
  }
}
