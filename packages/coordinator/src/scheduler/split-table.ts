// The splits of a stage, packed: 28 bytes for a task of one piece, where a million objects would be hundreds of megabytes. Those of
// one list of items follow a rule, and take nothing.

import {
  countSplits,
  type ItemSplits,
  isItemSplits,
  type ListedFile,
  type Piece,
  type Split,
  type Splits,
  splitAt,
} from '@sheaf/protocol/graph';
import type { AssignedSplit } from '@sheaf/protocol/messages';
import { found } from './assert.ts';

export class SplitTable {
  /** By input of the stage, as planned. */
  readonly files: readonly (readonly ListedFile[])[];
  readonly count: number;
  /** null: they are spelled out below. */
  private readonly rule: ItemSplits | null;
  private readonly input: Uint32Array;
  /** The pieces of split i are [start[i], start[i + 1]). */
  private readonly start: Uint32Array;
  private readonly file: Uint32Array;
  private readonly from: Float64Array;
  private readonly to: Float64Array;

  constructor(planned: Splits, files: readonly (readonly ListedFile[])[]) {
    this.files = files;
    this.count = countSplits(planned);
    this.rule = isItemSplits(planned) ? planned : null;
    const splits = isItemSplits(planned) ? [] : planned;
    let pieces = 0;
    for (const split of splits) pieces += split.pieces.length;
    this.input = new Uint32Array(splits.length);
    this.start = new Uint32Array(splits.length + 1);
    this.file = new Uint32Array(pieces);
    this.from = new Float64Array(pieces);
    this.to = new Float64Array(pieces);
    let at = 0;
    splits.forEach((split, i) => {
      this.input[i] = split.input;
      for (const piece of split.pieces) {
        this.file[at] = piece.file;
        this.from[at] = piece.from;
        this.to[at] = piece.to;
        at++;
      }
      this.start[i + 1] = at;
    });
  }

  /** All of them, as they were planned. */
  get planned(): Splits {
    return this.rule ?? Array.from({ length: this.count }, (_, i) => this.split(i));
  }

  /** The split as planned. */
  split(i: number): Split {
    if (this.rule !== null) return found(splitAt(this.rule, i), 'split');
    const pieces: Piece[] = [];
    for (let at = this.startOf(i); at < this.startOf(i + 1); at++) {
      pieces.push({ file: this.file[at] ?? 0, from: this.from[at] ?? 0, to: this.to[at] ?? 0 });
    }
    return { input: this.input[i] ?? 0, pieces };
  }

  /** The split as a task is told it: with the files that its pieces name, and no others. */
  assigned(i: number): AssignedSplit {
    const { input, pieces } = this.split(i);
    const listed = found(this.files[input], 'input');
    const numbers = new Map<number, number>();
    const files: ListedFile[] = [];
    for (const { file } of pieces) {
      if (numbers.has(file)) continue;
      numbers.set(file, files.length);
      files.push(found(listed[file], 'file of a split'));
    }
    return { input, files, pieces: pieces.map(piece => ({ ...piece, file: found(numbers.get(piece.file), 'file') })) };
  }

  private startOf(i: number): number {
    return found(this.start[i], 'split');
  }
}
