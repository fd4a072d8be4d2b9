// Sources whose records all have the same key, one behind another: their merge is the first, then the second, and so on. One is
// open at a time, however many thousands there are, and nothing is copied in passes.

import type { Region, TaskMemory } from '../../data/memory.ts';
import { RunCursor } from '../../data/run-cursor.ts';
import { OpenRun } from '../../data/run-file.ts';
import type { MergeSource } from './merge-source.ts';

export class RunChain {
  /** The current record's cursor, after `next()` gave true. */
  cursor: RunCursor;
  /** Its side. */
  side = 0;

  private readonly sources: readonly MergeSource[];
  private readonly memory: TaskMemory;
  private readonly buffer: Region;
  private run: OpenRun;
  private at = 0;

  /** At least one source, each with records; `buffer` is for one cursor. */
  constructor(memory: TaskMemory, sources: readonly MergeSource[], buffer: Region) {
    const [first] = sources;
    if (first === undefined) throw new Error('a chain of no sources');
    this.memory = memory;
    this.sources = sources;
    this.buffer = buffer;
    this.run = new OpenRun(first, first.ids);
    this.cursor = this.cursorOf(first);
    this.side = first.side;
  }

  /** Steps to the next record in order; false at the end. */
  next(): boolean {
    while (!this.cursor.next()) {
      const source = this.sources[this.at + 1];
      if (source === undefined) return false;
      this.at++;
      this.run.close();
      this.run = new OpenRun(source, source.ids);
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
