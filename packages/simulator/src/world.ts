// What the nodes of a simulation share: conditions, jobs, the shared output storage, what they see of each other, and what each
// attempt really read and wrote, which no node knows but the checks do.

import type { AttemptId, JobId } from '@sheaf/protocol';
import type { HeldAttempt, WorkerMessage } from '@sheaf/protocol/messages';
import { Conditions } from './conditions.ts';
import type { JobModel, Reads } from './job-model.ts';
import type { Link, LinkEnd } from './link.ts';
import type { OutputStore } from './output-store.ts';

export interface AttemptTruth {
  readonly reads: Reads;
  readonly content: string;
}

/** What others see of a worker: whether it answers, and its disk if it does. */
export interface WorkerMachine {
  readonly address: string;
  readonly disk: ReadonlyMap<AttemptId, HeldAttempt>;
  readonly isDead: boolean;
  readonly frozenUntil: number;
}

/** What workers see of the coordinator. */
export interface CoordinatorDoor {
  /** null when nobody is there. */
  accept(link: Link): LinkEnd<WorkerMessage> | null;
}

export class World extends Conditions {
  readonly jobs: ReadonlyMap<JobId, JobModel>;
  readonly store: OutputStore;
  readonly machines: WorkerMachine[] = [];
  /** Of the coordinator, which dies and starts again. */
  door: CoordinatorDoor | null = null;
  readonly truths: Map<AttemptId, AttemptTruth> = new Map();
  /** Of all disks together. */
  outputsOnDiskMax = 0;

  constructor(of: Pick<World, 'options' | 'trace' | 'seed' | 'jobs' | 'store'>) {
    super(of);
    this.jobs = of.jobs;
    this.store = of.store;
  }

  /** An output was written. */
  noteDisks(): void {
    const outputs = this.machines.reduce((sum, { disk }) => sum + disk.size, 0);
    this.outputsOnDiskMax = Math.max(this.outputsOnDiskMax, outputs);
  }
}
