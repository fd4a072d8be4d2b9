// The memory of processes and of all that they start, looked at again and again while they run.

import { pidsOfTrees, sampleProcess } from './process-tree.ts';

interface ProcessPeak {
  readonly command: string;
  readonly peakBytes: number;
}

export class MemoryWatch {
  private readonly roots: readonly number[];
  private readonly timer: NodeJS.Timeout;
  private readonly peaks = new Map<number, ProcessPeak>();
  private peakTogether = 0;

  constructor(roots: readonly number[], sampleMs: number) {
    this.roots = roots;
    this.timer = setInterval(() => this.sample(), sampleMs);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Of all of them together; null when nothing was seen. */
  peak(): number | null {
    return this.peakTogether === 0 ? null : this.peakTogether;
  }

  /** The highest peak of any one process by what stands in its command line; null when none was seen. */
  peakOf(text: string): number | null {
    const peaks = [...this.peaks.values()].filter(({ command }) => command.includes(text)).map(({ peakBytes }) => peakBytes);
    return peaks.length === 0 ? null : Math.max(...peaks);
  }

  private sample(): void {
    let together = 0;
    for (const pid of pidsOfTrees(this.roots)) {
      const sample = sampleProcess(pid);
      // One that has ended and is not yet waited for has neither memory nor a command line.
      if (sample === null) continue;
      together += sample.shareBytes;
      // A process that has just been forked is a copy of the one that started it: what it is, is told by its last sample. One that
      // ends has lost its command line, and its memory, a moment before it is gone.
      if (sample.command !== '') this.peaks.set(pid, sample);
    }
    this.peakTogether = Math.max(this.peakTogether, together);
  }
}
