// The coordinator's one loop: an event goes into the scheduler, its commands come out and are carried out in that order, over
// all events. What follows a `journal` command waits until its records are on disk, so that nothing is sent, answered or
// published that a crash could take back. Events are taken at once, in the order they are told.
// An error here is a bug of ours or a disk that failed: the loop stops for good, and with it the coordinator.

import { limits } from '@sheaf/protocol';
import {
  countRecords,
  type JournalRecord,
  nextWakeAt,
  recordsOf,
  type SchedulerCommand,
  type SchedulerEvent,
  type SchedulerState,
  step,
} from '../scheduler/index.ts';
import { now } from './clock.ts';
import type { Journal } from './journal.ts';

type CarriedOut = Exclude<SchedulerCommand, { readonly type: 'journal' }>;

/** What each command does; outcomes come back as events. A handler does not throw. */
export type CommandHandlers = { readonly [Type in CarriedOut['type']]: (command: Extract<CarriedOut, { readonly type: Type }>) => void };

/** An event without its time, which the loop gives it. */
export type Told = SchedulerEvent extends infer Event ? (Event extends { readonly at: number } ? Omit<Event, 'at'> : never) : never;

type Queued =
  | { readonly type: 'durable'; readonly written: Promise<void> }
  | { readonly type: 'reached'; readonly tell: () => void }
  | CarriedOut;

export interface LoopOptions {
  readonly state: SchedulerState;
  readonly journal: Journal<JournalRecord>;
  readonly handlers: CommandHandlers;
  /** Told of each record as it is handed to the journal. */
  readonly follow: (record: JournalRecord) => void;
  /** Told once, of the error the loop stopped for. */
  readonly onHalt: (error: Error) => void;
}

export class Loop {
  readonly state: SchedulerState;
  private readonly journal: Journal<JournalRecord>;
  private readonly handlers: CommandHandlers;
  private readonly follow: (record: JournalRecord) => void;
  private readonly onHalt: (error: Error) => void;
  private queue: Queued[] = [];
  private draining = false;
  private stopped = false;
  private wakeAt: number | null = null;
  private wakeTimer: NodeJS.Timeout | undefined;
  private compactAtRows: number = limits.snapshotEveryRows;

  constructor({ state, journal, handlers, follow, onHalt }: LoopOptions) {
    this.state = state;
    this.journal = journal;
    this.handlers = handlers;
    this.follow = follow;
    this.onHalt = onHalt;
  }

  /** Something happened. */
  tell(event: Told): void {
    if (this.stopped) return;
    try {
      const commands = step(this.state, { ...event, at: now() } as SchedulerEvent);
      for (const command of commands) this.queue.push(command.type === 'journal' ? this.write(command.records) : command);
      this.setAlarm();
    } catch (error) {
      this.halt(error);
      return;
    }
    if (!this.draining && this.queue.length > 0) void this.drain();
  }

  /** Resolves when everything that was told until now has been carried out; never, when the loop stops before. */
  reached(): Promise<void> {
    return new Promise(resolve => {
      this.queue.push({ type: 'reached', tell: resolve });
      if (!this.draining) void this.drain();
    });
  }

  /** Takes nothing more. */
  stop(): void {
    this.stopped = true;
    this.queue = [];
    clearTimeout(this.wakeTimer);
  }

  private write(records: readonly JournalRecord[]): Queued {
    for (const record of records) this.follow(record);
    const written = this.journal.append(records);
    // Watched from the start, as the queue may come to it only after it failed.
    written.catch(() => undefined);
    return { type: 'durable', written };
  }

  private async drain(): Promise<void> {
    this.draining = true;
    try {
      while (this.queue.length > 0) {
        const batch = this.queue;
        this.queue = [];
        for (const queued of batch) {
          if (this.stopped) return;
          if (queued.type === 'durable') await queued.written;
          else if (queued.type === 'reached') queued.tell();
          else this.carryOut(queued);
        }
      }
      this.compactWhenLong();
    } catch (error) {
      this.halt(error);
    } finally {
      this.draining = false;
    }
  }

  private carryOut(command: CarriedOut): void {
    const handler = this.handlers[command.type] as (command: CarriedOut) => void;
    handler(command);
  }

  /** A long journal is replaced by the state it led to, when that takes at most half of its rows: each row is rewritten once or twice in its life. */
  private compactWhenLong(): void {
    const { rows } = this.journal;
    if (rows < this.compactAtRows) return;
    if (2 * countRecords(this.state) <= rows) this.journal.replaceWith(recordsOf(this.state));
    this.compactAtRows = Math.max(limits.snapshotEveryRows, 2 * this.journal.rows);
  }

  private setAlarm(): void {
    const wakeAt = nextWakeAt(this.state);
    if (wakeAt === this.wakeAt) return;
    this.wakeAt = wakeAt;
    clearTimeout(this.wakeTimer);
    if (wakeAt === null) return;
    const delayMs = Math.min(Math.max(0, wakeAt - now()), limits.taskTimeoutMsMax);
    this.wakeTimer = setTimeout(() => {
      this.wakeAt = null;
      this.tell({ type: 'ticked', cause: 'the time it asked to be woken' });
    }, delayMs);
  }

  private halt(error: unknown): void {
    if (this.stopped) return;
    this.stop();
    this.onHalt(error instanceof Error ? error : new Error(String(error)));
  }
}
