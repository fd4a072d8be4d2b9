// Tells the worker how far an attempt is, without the event loop: user code may keep it busy for hours. The clock is looked
// at rarely while records are quick and after each one while they are slow, so slow code is never taken for a hang. The first
// looks may be told too: that is all that is known of a process which ends before its first second is over.

import { limits } from '@sheaf/protocol';

/** Looking at the clock once in so many records costs next to nothing, and so many slow ones behind quick ones are soon over. */
const strideMax = 128;

export interface ProgressOptions {
  /** So many first looks at the clock are told, however soon they come. Default 0. */
  readonly earlyReports?: number;
  readonly now?: () => number;
}

export class Progress {
  records = 0;
  bytes = 0;
  /** Work done on no new record: reported with the bytes, so that a task with much to do for few records is not taken for a hang. */
  private extra = 0;
  private readonly report: (records: number, bytes: number) => void;
  private readonly now: () => number;
  private left = 1;
  private stride = 1;
  private checkedAt: number;
  private reportedAt: number;
  private earlyReports: number;

  constructor(report: (records: number, bytes: number) => void, { earlyReports = 0, now = () => performance.now() }: ProgressOptions = {}) {
    this.report = report;
    this.now = now;
    this.earlyReports = earlyReports;
    this.checkedAt = now();
    this.reportedAt = this.checkedAt;
  }

  /** After each record. */
  tick(): void {
    this.records++;
    if (--this.left <= 0) this.check();
  }

  /** After a piece of work that is not the end of a record. */
  advance(): void {
    this.extra++;
    if (--this.left <= 0) this.check();
  }

  /** After so many pieces of such work. */
  moved(pieces: number): void {
    this.extra += pieces;
    this.check();
  }

  /** After so many records. */
  passed(records: number): void {
    this.records += records;
    this.check();
  }

  /** After each chunk, and now and then when nothing else ticks. */
  check(): void {
    const now = this.now();
    const elapsed = now - this.checkedAt;
    this.checkedAt = now;
    if (elapsed < 20) this.stride = Math.min(this.stride * 2, strideMax);
    else if (elapsed > 200) this.stride = Math.max(1, this.stride >> 3);
    this.left = this.stride;
    if (this.earlyReports > 0) this.earlyReports--;
    else if (now - this.reportedAt < limits.progressIntervalMs) return;
    this.reportedAt = now;
    this.report(this.records, this.bytes + this.extra);
  }
}
