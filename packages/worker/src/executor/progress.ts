// Tells the worker how far an attempt is, without the event loop: user code may keep it busy for hours. The clock is looked
// at rarely while records are quick and after each one while they are slow, so slow code is never taken for a hang.

import { limits } from '@sheaf/protocol';

export class Progress {
  records = 0;
  bytes = 0;
  private readonly report: (records: number, bytes: number) => void;
  private left = 1;
  private stride = 1;
  private checkedAt: number;
  private reportedAt: number;

  constructor(report: (records: number, bytes: number) => void) {
    this.report = report;
    this.checkedAt = performance.now();
    this.reportedAt = this.checkedAt;
  }

  /** After each record (or group). */
  tick(): void {
    this.records++;
    if (--this.left <= 0) this.check();
  }

  /** After each chunk, and now and then when nothing else ticks. */
  check(): void {
    const now = performance.now();
    const elapsed = now - this.checkedAt;
    this.checkedAt = now;
    if (elapsed < 20) this.stride = Math.min(this.stride * 2, 16_384);
    else if (elapsed > 200) this.stride = Math.max(1, this.stride >> 3);
    this.left = this.stride;
    if (now - this.reportedAt < limits.progressIntervalMs) return;
    this.reportedAt = now;
    this.report(this.records, this.bytes);
  }
}
