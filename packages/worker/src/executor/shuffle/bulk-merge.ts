// A merge of which a kernel has the tree, and one of one side whose records it moves as they are: into another run, or as lines of text. The kernel steps
// from record to record and chooses; here its cursors get their blocks, and what it cannot do is handed out record by record.

import { limits } from '@sheaf/protocol';
import { cursorBytes, cursorStateAt } from '@sheaf/protocol/graph';
import type { Region, TaskMemory } from '../../data/memory.ts';
import type { RunCursor } from '../../data/run-cursor.ts';
import type { RunWriter } from '../../data/run-writer.ts';
import {
  type MergeMode,
  mergeModes,
  mergeReasons,
  type RecordKernel,
  recordKernelOf,
  type TreeKernel,
} from '../../kernels/record-kernel.ts';
import type { Progress } from '../progress.ts';

export interface BulkMergeOptions {
  readonly memory: TaskMemory;
  /** In the order that decides ties; their buffers lie one behind another. At least one. */
  readonly cursors: readonly RunCursor[];
  /** Beside them, which edge of a join each is of; a merge that moves whole records has one. */
  readonly sides: readonly number[];
  /** Where the first cursor's buffer begins. */
  readonly buffers: number;
  /** By side: records have the length of their group's key. */
  readonly ordered: readonly boolean[];
  /** Room for two keys; null: no cursor has a key range. */
  readonly keys: Region | null;
}

/** Words of a cursor's state (assembly/records.ts). */
const nextWord = 2;
const blockEndWord = 3;
const recordWord = 4;

/** A merge whose tree a kernel has. */
export class KernelMerge<Kernel extends TreeKernel> {
  protected readonly kernel: Kernel;
  private readonly words: Uint32Array;
  private readonly cursors: readonly RunCursor[];
  private readonly states: number;

  constructor(kernel: Kernel, { memory, cursors, sides, buffers, ordered, keys }: BulkMergeOptions) {
    this.kernel = kernel;
    this.words = memory.words;
    this.cursors = cursors;
    this.states = buffers + cursorStateAt;
    // A cursor without an upper end is of a run made by a pass, which left out what lies beyond it.
    const high = cursors.find(cursor => cursor.range.high !== undefined)?.range.high;
    const highAt = (keys?.from ?? 0) + limits.keyBytesMax;
    if (high !== undefined) memory.bytes.set(high, highAt);
    const withSides = sides.some(side => side !== sides[0]);
    this.kernel.begin(this.states, cursorBytes, cursors.length, withSides, highAt, high?.length ?? 0);
    sides.forEach((side, i) => {
      this.kernel.kind(i, side, ordered[side] ?? false);
    });
    cursors.forEach(({ range: { low } }, i) => {
      if (low !== undefined) memory.bytes.set(low, keys?.from ?? 0);
      do {
        while (this.kernel.step(i) === 0) this.supply(i);
      } while (low !== undefined && this.kernel.isBelow(i, keys?.from ?? 0, low.length) !== 0);
    });
    this.kernel.start();
  }

  /** The next record, behind a `fill` that did not take it. */
  current(): RunCursor {
    const i = this.kernel.winner();
    const cursor = this.cursors[i] as RunCursor;
    cursor.standOn(this.words[this.wordOf(i) + recordWord] as number);
    return cursor;
  }

  /** The next record has been taken; its value may have been read. */
  take(): void {
    const i = this.kernel.winner();
    const word = this.wordOf(i);
    const missing = (this.cursors[i] as RunCursor).missingBytes;
    if (missing === 0)
      this.words[word + nextWord] = Math.min(this.words[word + nextWord] as number, this.words[word + blockEndWord] as number);
    this.kernel.take();
  }

  protected supply(i: number): void {
    const word = this.wordOf(i);
    const missing = (this.words[word + nextWord] as number) - (this.words[word + blockEndWord] as number);
    const block = (this.cursors[i] as RunCursor).nextBlock(missing);
    if (block === null) this.kernel.finish(i);
    else this.kernel.block(i, block.from, block.to);
  }

  private wordOf(i: number): number {
    return (this.states + i * cursorBytes) >>> 2;
  }
}

export class BulkMerge extends KernelMerge<RecordKernel> {
  /** Where the last `fill` has written up to, and how many records. */
  end = 0;
  records = 0;

  constructor(options: BulkMergeOptions) {
    super(recordKernelOf(options.memory), options);
  }

  /** Bytes of the keys and values that `fill` has moved. */
  get bytes(): number {
    return this.kernel.movedBytes();
  }

  /**
   * Writes records to [from, to) of the memory until there are no more (allDone), the next one has no room (isFull), or it is not
   * for the kernel (isOther: no text, or a value larger than a block). Up to 15 bytes behind `to` may be written over.
   */
  fill(mode: MergeMode, from: number, to: number): number {
    this.end = from;
    this.records = 0;
    for (;;) {
      const reason = this.kernel.merge(mode, this.end, to);
      this.end = this.kernel.outEnd();
      this.records += this.kernel.movedRecords();
      if (reason !== mergeReasons.needsBlock) return reason;
      this.supply(this.kernel.winner());
    }
  }
}

/** Copies all records of a merge to one partition of a run. */
export function copyRecords(
  merge: BulkMerge,
  writer: RunWriter,
  { partition, large, progress }: { readonly partition: number; readonly large: Region; readonly progress: Progress },
): void {
  for (;;) {
    // Without an open block nothing has room: the first record of a block is put, as is one that is larger than a block.
    const room = writer.roomFrom(partition);
    const reason = merge.fill(mergeModes.wholeRecords, Math.max(0, room), room < 0 ? 0 : writer.roomEnd);
    if (merge.records > 0) writer.wrote(merge.end, merge.records);
    progress.moved(merge.records);
    if (reason === mergeReasons.allDone) return;
    const cursor = merge.current();
    writer.put(partition, cursor.keyAt, cursor.keyLength, cursor.groupLength, cursor.value(large), cursor.valueLength);
    merge.take();
  }
}
