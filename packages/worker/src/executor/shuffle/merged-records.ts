// The records of a merge, one by one: a kernel writes them into a window, in order, and they are read there. Where partial results of
// a combiner are numbers it makes one record of all those of a key, so that the groups read one and not one for each map task; what
// is no number comes record by record, and is folded where groups are read.

import { limits } from '@sheaf/protocol';
import { blockRawBytesMax } from '@sheaf/protocol/graph';
import type { Region } from '../../data/memory.ts';
import { type MergedKernel, mergedHeadBytes, mergedKernelOf } from '../../kernels/merged-kernel.ts';
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

export interface MergedRecordsOptions extends BulkMergeOptions {
  /** null: every record comes as it is. */
  readonly folds: NumberFolds | null;
  /** Where records are written, behind room for one key. */
  readonly out: Region;
}

class WrittenRecord implements MergedRecord {
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
/** Room for the largest record of a block, and little enough to stay in a core's cache. */
const windowBytes = 2 * blockRawBytesMax;

export class MergedRecords extends KernelMerge<MergedKernel> {
  /** The current record, after `next()` gave true. */
  cursor: MergedRecord;
  /** Its side. */
  side = 0;

  private readonly options: MergedRecordsOptions;
  private readonly kinds: readonly number[];
  private readonly record = new WrittenRecord();
  private readonly window: Region;
  /** Records that are written and not read, and why there are no more of them. */
  private at = 0;
  private end = 0;
  private reason: number = mergeReasons.isFull;

  constructor(options: MergedRecordsOptions) {
    super(mergedKernelOf(options.memory), options);
    this.options = options;
    this.cursor = this.record;
    const { memory, folds, out } = options;
    this.kinds = folds?.kinds ?? [];
    const from = out.from + limits.keyBytesMax + overshoot;
    this.window = { from, to: Math.min(out.to, from + windowBytes) };
    this.kernel.numbers(memory.scratch.from, this.kinds.length, folds?.perList ?? 0, out.from);
  }

  /** Steps to the next record in order; false at the end. */
  next(): boolean {
    while (this.at === this.end) {
      if (this.reason === mergeReasons.allDone) return false;
      if (this.reason === mergeReasons.isOther) {
        // Too large for the kernel: it is read where it lies, and taken when the next one is asked for.
        if (this.cursor === this.record) {
          this.cursor = this.current();
          this.side = this.options.sides[this.kernel.winner()] as number;
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
    const { kinds, window } = this;
    const { memory } = this.options;
    const kindsAt = memory.scratch.from + 16 * kinds.length;
    for (let i = 0; i < kinds.length; i++) memory.bytes[kindsAt + i] = kinds[i] as number;
    this.at = window.from;
    this.end = window.from;
    do {
      this.reason = this.kernel.merge(this.end, window.to - overshoot);
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
    this.side = words[word + 6] as number;
    record.keyAt = this.at + mergedHeadBytes;
    this.at = (record.keyAt + record.keyLength + record.valueLength + 7) & ~7;
  }
}
