// Words of text that are counted in the combining table of an edge from where they lie. Those that the table has are counted in
// WebAssembly; a new one is put into the table, and one that is no plain text is left to the decoder.

import type { WordTaker } from '@sheaf/storage';
import type { TaskMemory } from '../../data/memory.ts';
import { type WordKernel, wordKernelOf, wordReasons } from '../../kernels/word-kernel.ts';
import type { Progress } from '../progress.ts';
import type { TextTable } from '../shuffle/edge-writer.ts';

export class CountedWords implements WordTaker {
  words = 0;
  private readonly memory: TaskMemory;
  private readonly kernel: WordKernel;
  private readonly texts: TextTable;
  private readonly progress: Progress;

  constructor(memory: TaskMemory, texts: TextTable, progress: Progress) {
    this.memory = memory;
    this.kernel = wordKernelOf(memory);
    this.texts = texts;
    this.progress = progress;
  }

  take(at: number, end: number): number {
    const { kernel } = this;
    const { table, value } = this.texts;
    let emptied = table.emptied();
    let added = 0;
    this.showTable();
    let reason = kernel.begin(at, end);
    while (reason === wordReasons.missing) {
      table.addText(kernel.from() >>> 0, kernel.to() >>> 0, value);
      added++;
      this.showTable();
      const before = emptied;
      emptied = table.emptied();
      reason = kernel.resume(emptied !== before);
    }
    this.words = kernel.words();
    table.addFolded(this.words - added);
    this.progress.records += this.words;
    return reason === wordReasons.unusual ? kernel.from() >>> 0 : end;
  }

  /** The slots grow. */
  private showTable(): void {
    const { table, slotsAt, value } = this.texts;
    this.kernel.table(slotsAt, table.mask(), value, this.memory.scratch.from);
  }
}
