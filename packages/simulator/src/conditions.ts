// What everything in a simulation is subject to: time, chance, and what is written down of it.

import type { SimulationOptions } from './options.ts';
import { Random } from './random.ts';
import { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

export class Conditions {
  readonly timeline: Timeline = new Timeline();
  readonly options: SimulationOptions;
  readonly trace: Trace;
  readonly seed: string;
  /** No more faults: what was broken is mended. */
  healed = false;
  private readonly streams = new Map<string, Random>();

  constructor({ options, trace, seed }: Pick<Conditions, 'options' | 'trace' | 'seed'>) {
    this.options = options;
    this.trace = trace;
    this.seed = seed;
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

  log(who: string, what: string): void {
    this.trace.add(this.now, who, what);
  }
}
