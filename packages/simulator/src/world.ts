// What the nodes of a simulation share: time, chance, jobs, the network's links, the shared output storage, and what each
// attempt really read and wrote, which no node knows but the checks do.

import type { AttemptId, JobId } from '@sheaf/protocol';
import type { CoordinatorNode } from './coordinator-node.ts';
import type { JobModel, Reads } from './job-model.ts';
import type { SimulationOptions } from './options.ts';
import type { OutputStore } from './output-store.ts';
import { Random } from './random.ts';
import { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';
import type { WorkerNode } from './worker-node.ts';

export interface AttemptTruth {
  readonly reads: Reads;
  readonly content: string;
}

export class World {
  readonly timeline: Timeline = new Timeline();
  readonly options: SimulationOptions;
  readonly trace: Trace;
  readonly seed: string;
  readonly jobs: ReadonlyMap<JobId, JobModel>;
  readonly store: OutputStore;
  readonly workers: WorkerNode[] = [];
  /** Made once; it dies and starts again. */
  coordinator: CoordinatorNode | null = null;
  readonly truths: Map<AttemptId, AttemptTruth> = new Map();
  /** Of all disks together. */
  outputsOnDiskMax = 0;
  /** No more faults: what was broken is mended. */
  healed = false;
  private readonly streams = new Map<string, Random>();

  constructor(of: Pick<World, 'options' | 'trace' | 'seed' | 'jobs' | 'store'>) {
    this.options = of.options;
    this.trace = of.trace;
    this.seed = of.seed;
    this.jobs = of.jobs;
    this.store = of.store;
  }

  get now(): number {
    return this.timeline.now;
  }

  random(concern: string): Random {
    let stream = this.streams.get(concern);
    if (stream === undefined) {
      stream = new Random(`${this.seed}/${concern}`);
      this.streams.set(concern, stream);
    }
    return stream;
  }

  /** A fault of this chance, as long as faults happen. */
  fails(concern: string, chance: number): boolean {
    return !this.healed && this.random(concern).chance(chance);
  }

  /** An output was written. */
  noteDisks(): void {
    const outputs = this.workers.reduce((sum, { disk }) => sum + disk.size, 0);
    this.outputsOnDiskMax = Math.max(this.outputsOnDiskMax, outputs);
  }

  log(who: string, what: string): void {
    this.trace.add(this.now, who, what);
  }
}
