// Which pack each executor appends its small runs to, and when a pack may be deleted: when nobody appends to it and no run in it
// is kept. An executor has one for each stage, so that a stage that is released gives its bytes back.

import { rmSync } from 'node:fs';
import type { AttemptId, JobId, StageId } from '@sheaf/protocol';
import { type AttemptName, packPath } from '@sheaf/protocol/messages';
import type { ExecutorId } from '../agent/index.ts';

interface Pack {
  readonly number: number;
  readonly job: JobId;
  readonly path: string;
  /** Attempts that may append to it, running or in line. */
  users: number;
  /** The executor that appends to it; null: nobody will. */
  writer: ExecutorId | null;
  readonly kept: Set<AttemptId>;
}

export class Packs {
  private readonly outputs: string;
  private made: number;
  private readonly byNumber = new Map<number, Pack>();
  private readonly ofExecutor = new Map<ExecutorId, Map<StageId, Pack>>();
  private readonly ofAttempt = new Map<AttemptId, Pack>();

  /** `made`: no pack of an earlier life has a higher number. */
  constructor(outputs: string, made: number) {
    this.outputs = outputs;
    this.made = made;
  }

  /** The pack for an attempt that is about to run in an executor. */
  open(executor: ExecutorId, { job, stage }: Pick<AttemptName, 'job' | 'stage'>): { readonly number: number; readonly path: string } {
    const own = this.ofExecutor.get(executor) ?? new Map<StageId, Pack>();
    this.ofExecutor.set(executor, own);
    let pack = own.get(stage);
    if (pack === undefined) {
      this.made++;
      pack = this.add(this.made, job);
      pack.writer = executor;
      own.set(stage, pack);
    }
    pack.users++;
    return { number: pack.number, path: pack.path };
  }

  /** An attempt in it has ended, or will not run. */
  ended(executor: ExecutorId, stage: StageId): void {
    const pack = this.ofExecutor.get(executor)?.get(stage);
    if (pack !== undefined) pack.users--;
  }

  /** The executor is gone, and appends nothing more. */
  gone(executor: ExecutorId): void {
    const packs = this.ofExecutor.get(executor) ?? new Map<StageId, Pack>();
    this.ofExecutor.delete(executor);
    for (const pack of packs.values()) {
      pack.users = 0;
      pack.writer = null;
      this.deleteIfIdle(pack);
    }
  }

  /** Runs of a finished attempt are kept in a pack, whose path this gives. */
  keep(job: JobId, attempt: AttemptId, number: number): string {
    const pack = this.byNumber.get(number) ?? this.add(number, job);
    pack.kept.add(attempt);
    this.ofAttempt.set(attempt, pack);
    return pack.path;
  }

  /** Nobody wants the attempt's runs any more. Whether they were in a pack. */
  drop(attempt: AttemptId): boolean {
    const pack = this.ofAttempt.get(attempt);
    if (pack === undefined) return false;
    this.ofAttempt.delete(attempt);
    pack.kept.delete(attempt);
    this.deleteIfIdle(pack);
    return true;
  }

  /** The job's folder is about to be deleted. */
  closeJob(job: JobId): void {
    for (const pack of this.byNumber.values()) {
      if (pack.job !== job) continue;
      this.byNumber.delete(pack.number);
      for (const attempt of pack.kept) this.ofAttempt.delete(attempt);
    }
  }

  private pathOf(job: JobId, number: number): string {
    return packPath(this.outputs, job, number);
  }

  private add(number: number, job: JobId): Pack {
    const pack: Pack = { number, job, path: this.pathOf(job, number), users: 0, writer: null, kept: new Set() };
    this.byNumber.set(number, pack);
    return pack;
  }

  private deleteIfIdle(pack: Pack): void {
    if (pack.users > 0 || pack.kept.size > 0) return;
    if (pack.writer !== null) {
      const own = this.ofExecutor.get(pack.writer);
      for (const [stage, one] of own ?? []) if (one === pack) own?.delete(stage);
    }
    if (this.byNumber.delete(pack.number)) rmSync(pack.path, { force: true });
  }
}
