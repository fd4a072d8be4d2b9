// Merges sorted cursors into one sorted sequence: a tree of losers (Knuth, TAOCP 3, 5.4.1) that compares 8-byte key prefixes
// in typed arrays and looks at whole keys only when those tie. Order: group bytes, side (the edge of a join), the other key
// parts, then the cursor's place in the list, which is the order of map tasks and their segments. So the merge is stable.

import { compareBytes } from './compare.ts';
import type { TaskMemory } from './memory.ts';
import type { RunCursor } from './run-cursor.ts';

export class LoserTree {
  /** The current record's cursor, after `next()` gave true. */
  cursor: RunCursor;
  /** Its side. */
  side = 0;

  private readonly bytes: Uint8Array;
  private readonly cursors: readonly RunCursor[];
  private readonly sides: readonly number[];
  /** More than one side: the prefix covers the group alone, as the side comes before the other parts. */
  private readonly byGroup: boolean;
  private readonly high: Uint32Array;
  private readonly low: Uint32Array;
  private readonly ended: Uint8Array;
  /** losers[1 … k−1]: the loser of each inner node's match; losers[0]: the winner. */
  private readonly losers: Int32Array;
  private started = false;

  /** `cursors` in the order that decides ties; `sides` beside them. At least one. */
  constructor(memory: TaskMemory, cursors: readonly RunCursor[], sides: readonly number[]) {
    const first = cursors[0];
    if (first === undefined) throw new Error('a merge of no cursors');
    this.cursor = first;
    this.bytes = memory.bytes;
    this.cursors = cursors;
    this.sides = sides;
    this.byGroup = sides.some(side => side !== sides[0]);
    this.high = new Uint32Array(cursors.length);
    this.low = new Uint32Array(cursors.length);
    this.ended = new Uint8Array(cursors.length);
    this.losers = new Int32Array(cursors.length).fill(-1);
  }

  /** Steps to the next record in order; false at the end. */
  next(): boolean {
    if (this.started) {
      const winner = this.losers[0] as number;
      this.advance(winner);
      this.replay(winner);
    } else {
      this.start();
    }
    const winner = this.losers[0] as number;
    if (this.ended[winner] === 1) return false;
    this.cursor = this.cursors[winner] as RunCursor;
    this.side = this.sides[winner] as number;
    return true;
  }

  private start(): void {
    this.started = true;
    const count = this.cursors.length;
    for (let i = 0; i < count; i++) this.advance(i);
    // Each leaf plays upwards until it meets an empty node, where it waits; the second to arrive plays the match.
    for (let i = 0; i < count; i++) {
      let player = i;
      let node = (i + count) >>> 1;
      for (; node > 0; node >>>= 1) {
        const other = this.losers[node] as number;
        if (other < 0) {
          this.losers[node] = player;
          player = -1;
          break;
        }
        if (this.before(other, player)) {
          this.losers[node] = player;
          player = other;
        }
      }
      if (player >= 0) this.losers[0] = player;
    }
  }

  private replay(leaf: number): void {
    const { losers } = this;
    let player = leaf;
    for (let node = (leaf + this.cursors.length) >>> 1; node > 0; node >>>= 1) {
      const other = losers[node] as number;
      if (this.before(other, player)) {
        losers[node] = player;
        player = other;
      }
    }
    losers[0] = player;
  }

  private advance(i: number): void {
    const cursor = this.cursors[i] as RunCursor;
    if (!cursor.next()) {
      this.ended[i] = 1;
      this.high[i] = 0xffff_ffff;
      this.low[i] = 0xffff_ffff;
      return;
    }
    const { bytes } = this;
    const at = cursor.keyAt;
    const length = this.byGroup ? cursor.groupLength : cursor.keyLength;
    if (length >= 8) {
      this.high[i] =
        ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
      this.low[i] =
        ((bytes[at + 4] as number) << 24) |
        ((bytes[at + 5] as number) << 16) |
        ((bytes[at + 6] as number) << 8) |
        (bytes[at + 7] as number);
      return;
    }
    let high = 0;
    let low = 0;
    for (let j = 0; j < 4; j++) high = (high << 8) | (j < length ? (bytes[at + j] as number) : 0);
    for (let j = 4; j < 8; j++) low = (low << 8) | (j < length ? (bytes[at + j] as number) : 0);
    this.high[i] = high;
    this.low[i] = low;
  }

  /** Whether cursor a's record comes before b's. */
  private before(a: number, b: number): boolean {
    const aHigh = this.high[a] as number;
    const bHigh = this.high[b] as number;
    if (aHigh !== bHigh) return aHigh < bHigh;
    const aLow = this.low[a] as number;
    const bLow = this.low[b] as number;
    if (aLow !== bLow) return aLow < bLow;
    if (this.ended[a] === 1) return false;
    if (this.ended[b] === 1) return true;
    return this.tie(a, b) < 0;
  }

  private tie(a: number, b: number): number {
    const one = this.cursors[a] as RunCursor;
    const two = this.cursors[b] as RunCursor;
    const { bytes } = this;
    if (!this.byGroup) {
      const order = compareBytes(bytes, one.keyAt, one.keyAt + one.keyLength, bytes, two.keyAt, two.keyAt + two.keyLength);
      return order !== 0 ? order : a - b;
    }
    const group = compareBytes(bytes, one.keyAt, one.keyAt + one.groupLength, bytes, two.keyAt, two.keyAt + two.groupLength);
    if (group !== 0) return group;
    const side = (this.sides[a] as number) - (this.sides[b] as number);
    if (side !== 0) return side;
    const oneRest = one.keyAt + one.groupLength;
    const twoRest = two.keyAt + two.groupLength;
    const rest = compareBytes(bytes, oneRest, one.keyAt + one.keyLength, bytes, twoRest, two.keyAt + two.keyLength);
    return rest !== 0 ? rest : a - b;
  }
}
