// Lines of text that go into the arena of an edge from where they lie, with their keys (executor/steps/line-cuts.ts). What the loop
// in WebAssembly leaves, as a line whose key only its function can tell, goes through the decoder.

import type { LineTaker } from '@sheaf/storage';
import type { TaskMemory } from '../../data/memory.ts';
import { type LineKernel, lineKernelOf, lineReasons } from '../../kernels/line-kernel.ts';
import type { Progress } from '../progress.ts';
import type { LineArena } from '../shuffle/edge-writer.ts';

export class TakenLines implements LineTaker {
  lines = 0;
  private readonly kernel: LineKernel;
  private readonly into: LineArena;
  private readonly progress: Progress;

  constructor(memory: TaskMemory, into: LineArena, progress: Progress) {
    this.kernel = lineKernelOf(memory);
    this.into = into;
    this.progress = progress;
  }

  take(from: number, to: number): number {
    const { kernel } = this;
    const { arena, cut, withValue, bytesMax, recordBytesMax, flush } = this.into;
    kernel.shape(cut.from, cut.to ?? -1, withValue, bytesMax, recordBytesMax);
    this.lines = 0;
    let at = from;
    for (;;) {
      kernel.arena(arena.top(), arena.accounted(), arena.count());
      const reason = kernel.take(at, to);
      at = kernel.position() >>> 0;
      arena.adopt(kernel.arenaTop() >>> 0, kernel.accountedBytes(), kernel.records());
      this.lines += kernel.taken();
      this.progress.passed(kernel.taken());
      if (reason !== lineReasons.isFull) return at;
      flush();
    }
  }
}
