// Sources whose records all have the same key, one behind another: their merge is the first, then the second, and so on. One is
// known and open at a time, however many millions there are, and nothing is copied in passes.

import type { Region, TaskMemory } from '../../data/memory.ts';
import { RunCursor } from '../../data/run-cursor.ts';
import { OpenRun } from '../../data/run-file.ts';
import type { MergeSource } from './merge-source.ts';

export class RunChain {
  /** The current record's cursor, after `next()` gave true. */
  cursor: RunCursor;
  /** Its side. */
  side = 0;

  private readonly sources: Iterator<MergeSource>;
  private readonly memory: TaskMemory;
  private readonly buffer: Region;
  private run: OpenRun;

  /** At least one source, each with records; `buffer` is for one cursor. */
  constructor(memory: TaskMemory, sources: Iterable<MergeSource>, buffer: Region) {
    this.sources = sources[Symbol.iterator]();
    const { value: first, done } = this.sources.next();
    if (done === true) throw new Error('a chain of no sources');
    this.memory = memory;
    this.buffer = buffer;
    this.run = runOf(first);
    this.cursor = this.cursorOf(first);
    this.side = first.side;
  }

  /** Steps to the next record in order; false at the end. */
  next(): boolean {
    while (!this.cursor.next()) {
      const { value: source, done } = this.sources.next();
      if (done === true) return false;
      this.run.close();
      this.run = runOf(source);
      this.cursor = this.cursorOf(source);
      this.side = source.side;
    }
    return true;
  }

  close(): void {
    this.run.close();
  }

  private cursorOf({ start }: MergeSource): RunCursor {
    return new RunCursor({ run: this.run, memory: this.memory, buffer: this.buffer, start, ordered: false });
  }
}

function runOf(source: MergeSource): OpenRun {
  return source.run ?? new OpenRun(source, source.ids);
}
