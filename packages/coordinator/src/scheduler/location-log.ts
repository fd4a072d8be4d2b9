// Which outputs of a stage came to be, or moved, in which order. Each reader keeps the number of the entry up to which it was
// told, so that it is told each change once. A task has one entry that counts, its last; when the log is full, the others go.

import { assert } from './assert.ts';

export class LocationLog {
  /** The task's last entry; 0: it never had an output. */
  private readonly last: Uint32Array;
  /** Number and task of each entry, by rising number. */
  private readonly numbers: Uint32Array;
  private readonly tasks: Uint32Array;
  private length = 0;
  private nextNumber = 1;

  constructor(tasks: number) {
    const capacity = tasks + (tasks >>> 1) + 64;
    this.last = new Uint32Array(tasks);
    this.numbers = new Uint32Array(capacity);
    this.tasks = new Uint32Array(capacity);
  }

  /** The number that the next entry will have. */
  get end(): number {
    return this.nextNumber;
  }

  add(task: number): void {
    if (this.length === this.numbers.length) this.compact();
    this.numbers[this.length] = this.nextNumber;
    this.tasks[this.length] = task;
    this.last[task] = this.nextNumber;
    this.length++;
    this.nextNumber++;
  }

  /** The tasks whose last change is numbered `from` or higher, in the order of the changes. */
  *since(from: number): Generator<number> {
    for (let at = this.firstAt(from); at < this.length; at++) if (this.counts(at)) yield this.tasks[at] ?? 0;
  }

  private counts(at: number): boolean {
    return this.last[this.tasks[at] ?? 0] === this.numbers[at];
  }

  private compact(): void {
    let kept = 0;
    for (let at = 0; at < this.length; at++) {
      if (!this.counts(at)) continue;
      this.numbers[kept] = this.numbers[at] ?? 0;
      this.tasks[kept] = this.tasks[at] ?? 0;
      kept++;
    }
    assert(kept < this.length, 'a full log has entries to drop');
    this.length = kept;
  }

  private firstAt(number: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.numbers[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
