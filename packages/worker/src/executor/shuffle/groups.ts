// The groups of a reduce: records of the merge with equal group bytes, one key at a time and one value at a time. A record may have
// several values of its key, one behind another. A value is decoded when it is asked for; what a group's consumer leaves unread is skipped. Where an edge has a combiner, records of
// equal whole keys on one side are folded into one here, left to right in the order of the map tasks.

import { limits } from '@sheaf/protocol';
import { decodeGroup, type GroupParts } from '../../data/group-key.ts';
import type { Region } from '../../data/memory.ts';
import { decodedEnd, decodeNext, decodeValue } from '../../data/value-codec.ts';
import { valueEnd } from '../../data/value-end.ts';
import { UserMistake } from '../failure/user-mistake.ts';
import type { Progress } from '../progress.ts';
import type { Folding } from '../steps/folding.ts';
import type { Merged, MergeMemory } from './merge-sources.ts';

export interface GroupSide extends GroupParts {
  /** The edge has a combiner: partials are folded. */
  readonly folding: Folding | null;
  /** What takes the values wants results in place of partials. */
  readonly finishes: boolean;
  /** The edge carries no values. */
  readonly keyOnly: boolean;
}

export class Groups {
  /** The side of the value that `nextValue` gave. */
  side = 0;
  value: unknown = undefined;
  /** Groups so far. */
  count = 0;
  /** Counts every step to a next group, the last one, past the end, too: values that belong to another turn are late. */
  turn = 0;
  /** Values so far of this group. */
  valueCount = 0;
  /** `skipSide` has passed values of this group. */
  skipped = false;
  /** Records that were sent, as many as there are values. */
  records = 0;
  bytesRead = 0;

  private readonly bytes: Uint8Array;
  /** Told of every record: one group may be half of all there is. */
  private readonly progress: Progress;
  private readonly open: Merged;
  private readonly large: Region;
  private readonly sides: readonly GroupSide[];
  /** Where the current group's key is kept, whole key. */
  private readonly keyAt: number;
  private groupLength = 0;
  private keyLength = 0;
  /** The merge stands on a record that has not been delivered. */
  private pending: boolean;
  /** That record belongs to the current group. */
  private same = false;
  private keySide = 0;
  /** Of the record that the merge stands on: its next value, when one was read and others are left, else -1; and where they end. */
  private valueAt = -1;
  private valuesTo = 0;

  constructor(open: Merged, merge: MergeMemory, options: { readonly key: Region; readonly sides: readonly GroupSide[] }) {
    this.progress = merge.progress;
    this.bytes = merge.memory.bytes;
    this.open = open;
    this.large = merge.large;
    this.keyAt = options.key.from;
    this.sides = options.sides;
    this.pending = open.tree.next();
  }

  /** Steps to the next group, past whatever is unread of this one; false at the end. */
  nextGroup(): boolean {
    this.turn++;
    while (this.pending && this.same) this.skip();
    if (!this.pending) return false;
    const { cursor, side } = this.open.tree;
    this.bytes.copyWithin(this.keyAt, cursor.keyAt, cursor.keyAt + cursor.keyLength);
    this.groupLength = cursor.groupLength;
    this.keyLength = cursor.keyLength;
    this.keySide = side;
    this.same = true;
    this.count++;
    this.valueCount = 0;
    this.skipped = false;
    return true;
  }

  key(): unknown {
    return decodeGroup(this.bytes, this.keyAt, this.sides[this.keySide] as GroupSide);
  }

  /** The side of the value that `nextValue` would give; -1 at the end of the group. */
  nextSide(): number {
    return this.pending && this.same ? this.open.tree.side : -1;
  }

  /** Steps past the next values that are of one side. */
  skipSide(side: number): void {
    while (this.nextSide() === side) {
      this.skipped = true;
      this.skip();
    }
  }

  /** Reads the next value of the group into `value` and `side`; false at the end of the group. */
  nextValue(): boolean {
    if (!this.pending || !this.same) return false;
    if (this.valueAt >= 0) {
      this.valueCount++;
      this.value = this.decodeNext();
      return true;
    }
    const { side } = this.open.tree;
    const { folding, finishes, keyOnly } = this.sides[side] as GroupSide;
    this.side = side;
    this.valueCount++;
    if (folding === null) {
      if (keyOnly) {
        this.value = undefined;
        this.step();
      } else {
        this.valueAt = this.readRecord();
        this.valuesTo = this.valueAt + this.open.tree.cursor.valueLength;
        this.value = this.decodeNext();
      }
      return true;
    }
    const folded = this.valueCombined(side, folding);
    this.value = finishes ? folding.finish(folded) : folded;
    return true;
  }

  private valueCombined(side: number, folding: Folding): unknown {
    let value = this.decode();
    this.holdKey();
    this.step();
    while (this.pending && this.same && this.open.tree.side === side && this.sameRest()) {
      value = folding.fold(value, this.decode());
      this.step();
    }
    return value;
  }

  private decode(): unknown {
    const at = this.readRecord();
    return decodeValue(this.bytes, at, at + this.open.tree.cursor.valueLength);
  }

  /** The record is read: gives where its value begins. */
  private readRecord(): number {
    const { cursor } = this.open.tree;
    this.bytesRead += cursor.mergedBytes;
    this.progress.bytes = this.bytesRead;
    return cursor.value(this.large);
  }

  /** The next value of the record; steps behind its last one. */
  private decodeNext(): unknown {
    const value = decodeNext(this.bytes, this.valueAt);
    const end = decodedEnd();
    if (end < this.valuesTo) {
      this.valueAt = end;
      this.records++;
      this.progress.tick();
      return value;
    }
    if (end > this.valuesTo) throw new Error(`values that end at ${this.valuesTo} go on to ${end}`);
    this.step();
    return value;
  }

  /** Steps past what is unread of the record. */
  private skip(): void {
    // The step counts one of them.
    const more = this.unreadValues() - 1;
    this.records += more;
    this.progress.records += more;
    this.step();
  }

  private unreadValues(): number {
    const { cursor, side } = this.open.tree;
    const { folding, keyOnly } = this.sides[side] as GroupSide;
    // A record larger than a block has one value, which need not be brought here.
    if (folding !== null || keyOnly || cursor.valueLength > limits.blockBytes) return 1;
    let at = this.valueAt < 0 ? cursor.value(this.large) : this.valueAt;
    const to = this.valueAt < 0 ? at + cursor.valueLength : this.valuesTo;
    let count = 0;
    for (; at < to; count++) at = valueEnd(this.bytes, at);
    return count;
  }

  private step(): void {
    const { mergedRecords } = this.open.tree.cursor;
    this.records += mergedRecords;
    this.progress.records += mergedRecords - 1;
    this.progress.tick();
    this.valueAt = -1;
    this.pending = this.open.tree.next();
    if (!this.pending) return;
    const { cursor } = this.open.tree;
    this.same = cursor.groupLength === this.groupLength && this.equal(cursor.keyAt, this.keyAt, this.groupLength);
  }

  /** Keeps the whole key of the record that partials are folded into. */
  private holdKey(): void {
    const { cursor } = this.open.tree;
    if (cursor.keyLength === this.groupLength) {
      this.keyLength = this.groupLength;
      return;
    }
    this.bytes.copyWithin(this.keyAt, cursor.keyAt, cursor.keyAt + cursor.keyLength);
    this.keyLength = cursor.keyLength;
  }

  private sameRest(): boolean {
    const { cursor } = this.open.tree;
    if (cursor.keyLength !== this.keyLength) return false;
    const rest = this.keyLength - this.groupLength;
    return rest === 0 || this.equal(cursor.keyAt + this.groupLength, this.keyAt + this.groupLength, rest);
  }

  private equal(a: number, b: number, length: number): boolean {
    const { bytes } = this;
    for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false;
    return true;
  }
}

/** The values of one group for a reduce function: lazy, one pass, safe to abandon. */
export class GroupValues implements IterableIterator<unknown> {
  private readonly groups: Groups;
  private readonly turn: number;
  private started = false;

  constructor(groups: Groups) {
    this.groups = groups;
    this.turn = groups.turn;
  }

  [Symbol.iterator](): IterableIterator<unknown> {
    if (this.started)
      throw new UserMistake('the values of a group can be read once: keep what you need of them, or write them in one pass');
    this.started = true;
    return this;
  }

  next(): IteratorResult<unknown> {
    const { groups } = this;
    if (groups.turn !== this.turn) throw new UserMistake('the values of a group cannot be read after its reduce has ended');
    return groups.nextValue() ? { value: groups.value, done: false } : { value: undefined, done: true };
  }
}
