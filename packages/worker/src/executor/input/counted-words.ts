// Words of text that are counted in the combining table of an edge from where they lie, in WebAssembly; one that is no plain text
// is left to the decoder.

import type { WordTaker } from '@sheaf/storage';
import type { TaskMemory } from '../../data/memory.ts';
import { type WordKernel, wordKernelOf } from '../../kernels/word-kernel.ts';
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
    const { kernel, texts, memory } = this;
    kernel.words(texts.value, memory.scratch.from);
    const next = texts.table.addWords(kernel, at, end, texts.value);
    this.words = kernel.countedWords();
    this.progress.records += this.words;
    return next;
  }
}
