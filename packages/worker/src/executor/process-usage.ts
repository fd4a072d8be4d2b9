// What tasks took of the process. Asking the system costs about as much as a short task has to do, so it is asked once for many
// that run close together: what they took of the processor all together is said of the last of them.

import type { TaskResult } from '@sheaf/protocol/messages';

/** The system is asked after tasks of so long, and before one when nothing ran for so long. */
const askEveryMs = 2;

export class ProcessUsage {
  private startedAt = 0;
  private endedAt = Number.NEGATIVE_INFINITY;
  /** On the clock, of tasks since the system was asked. */
  private unaskedMs = 0;
  private cpuUs = 0;
  private peakRssBytes = 0;

  begin(): void {
    this.startedAt = performance.now();
    if (this.startedAt - this.endedAt > askEveryMs) this.ask();
  }

  /** What the task took that has just ended. */
  end(): Pick<TaskResult, 'durationMs' | 'cpuMs' | 'peakRssBytes'> {
    this.endedAt = performance.now();
    const elapsedMs = this.endedAt - this.startedAt;
    this.unaskedMs += elapsedMs;
    const cpuMs = this.unaskedMs < askEveryMs ? 0 : this.ask();
    return { durationMs: Math.round(elapsedMs), cpuMs, peakRssBytes: this.peakRssBytes };
  }

  /** The processor's time since it was asked last. */
  private ask(): number {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
    const before = this.cpuUs;
    this.cpuUs = userCPUTime + systemCPUTime;
    this.peakRssBytes = maxRSS * 1024;
    this.unaskedMs = 0;
    return Math.round((this.cpuUs - before) / 1000);
  }
}
