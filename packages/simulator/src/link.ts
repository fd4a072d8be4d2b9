// A connection between a worker and the coordinator: ordered in both directions, until it is cut. A cut loses what is on its way
// (now and then what went to the coordinator arrives all the same), and each side learns of it in its own time.

import type { WorkerMessage } from '@sheaf/protocol/messages';
import type { AgentMessage } from '@sheaf/worker/agent';
import type { Conditions } from './conditions.ts';

/** What one end of a link does with what comes out of it. */
export interface LinkEnd<Incoming> {
  receive(message: Incoming): void;
  closed(): void;
}

type Direction = 'to-coordinator' | 'to-worker';

export class Link {
  private readonly conditions: Conditions;
  private readonly ends: { worker: LinkEnd<AgentMessage> | null; coordinator: LinkEnd<WorkerMessage> | null } = {
    worker: null,
    coordinator: null,
  };
  private readonly busyUntil: { [direction in Direction]: number } = { 'to-coordinator': 0, 'to-worker': 0 };
  private isCut = false;
  private isLate = false;

  constructor(conditions: Conditions) {
    this.conditions = conditions;
  }

  attach(worker: LinkEnd<AgentMessage>, coordinator: LinkEnd<WorkerMessage>): void {
    this.ends.worker = worker;
    this.ends.coordinator = coordinator;
  }

  toCoordinator(message: WorkerMessage): void {
    const times = this.times(message.type === 'hello');
    this.deliver('to-coordinator', () => {
      if (this.isCut && !this.isLate) return;
      for (let i = 0; i < times; i++) this.ends.coordinator?.receive(message);
    });
  }

  toWorker(message: AgentMessage): void {
    const times = this.times(message.type === 'welcome' || message.type === 'drain');
    this.deliver('to-worker', () => {
      if (this.isCut) return;
      for (let i = 0; i < times; i++) this.ends.worker?.receive(message);
    });
  }

  /** One side closes: the other gets what was sent before, and then learns of it. */
  closeFrom(side: 'worker' | 'coordinator'): void {
    this.ends[side] = null;
    const other = side === 'worker' ? 'coordinator' : 'worker';
    this.deliver(side === 'worker' ? 'to-coordinator' : 'to-worker', () => this.close(other));
  }

  /** The network breaks it. */
  cut(): void {
    if (this.isCut) return;
    this.isCut = true;
    const random = this.conditions.random('cut');
    this.isLate = this.conditions.fails('cut', this.conditions.options.lateChance);
    this.conditions.timeline.after(random.delayMs(300), () => this.close('worker'));
    this.conditions.timeline.after(random.delayMs(300), () => this.close('coordinator'));
  }

  private close(side: 'worker' | 'coordinator'): void {
    const end = this.ends[side];
    this.ends[side] = null;
    end?.closed();
  }

  private times(once: boolean): number {
    return !once && this.conditions.fails('double', this.conditions.options.doubleChance) ? 2 : 1;
  }

  private deliver(direction: Direction, happen: () => void): void {
    const { timeline, options } = this.conditions;
    const at = Math.max(this.busyUntil[direction], this.conditions.now + this.conditions.random('network').delayMs(options.messageDelayMs));
    this.busyUntil[direction] = at;
    timeline.at(at, happen);
  }
}
