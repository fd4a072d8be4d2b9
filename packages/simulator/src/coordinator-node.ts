// The coordinator of a simulation: the scheduler core between a journal that takes its time and may lose what it has not
// flushed, and the links of workers. It crashes and starts again on what is durable, with a higher epoch.

import {
  checkInvariants,
  createState,
  type JournalRecord,
  nextWakeAt,
  recordsOf,
  replay,
  type SchedulerCommand,
  type SchedulerEvent,
  type SchedulerState,
  step,
} from '@sheaf/coordinator/scheduler';
import { epochOf, type JobId, type SessionId, sessionIdOf } from '@sheaf/protocol';
import type { WorkerMessage } from '@sheaf/protocol/messages';
import { checkCommit, checkSameRecords } from './commit-checks.ts';
import type { Link, LinkEnd } from './link.ts';
import type { CoordinatorDoor, World } from './world.ts';

type Unplaced<Event> = Event extends SchedulerEvent ? Omit<Event, 'at' | 'cause'> : never;

export class CoordinatorNode implements CoordinatorDoor {
  /** null: it is dead. */
  state: SchedulerState | null = null;
  durable: JournalRecord[] = [];
  private readonly world: World;
  private epoch = 0;
  private sessionsMade = 0;
  /** Counts its lives and standstills: what was planned in an earlier life does not happen. */
  private life = 0;
  private stalledUntil = 0;
  private readonly waiting: (() => void)[] = [];
  private queue: SchedulerCommand[] = [];
  private flushing: readonly JournalRecord[] | null = null;
  private readonly links = new Map<SessionId, Link>();
  private wakeNumber = 0;

  constructor(world: World) {
    this.world = world;
  }

  start(): void {
    this.epoch++;
    this.life++;
    this.sessionsMade = 0;
    const state = createState(epochOf(this.epoch));
    for (const record of this.durable) replay(state, record);
    this.state = state;
    this.world.log('coordinator', `starts, epoch ${this.epoch}, on ${this.durable.length} records`);
    this.tell({ type: 'coordinator-started' });
  }

  crash(): void {
    if (this.state === null) return;
    this.world.log('coordinator', 'crashes');
    if (this.flushing !== null) {
      // Of a transaction that was being written, all is there or nothing; of several, the first ones.
      const kept = this.world.random('journal').integer(0, 1) * this.flushing.length;
      this.durable.push(...this.flushing.slice(0, kept));
    }
    this.state = null;
    this.life++;
    this.queue = [];
    this.flushing = null;
    this.waiting.length = 0;
    for (const link of this.links.values()) link.cut();
    this.links.clear();
  }

  /** It stands still: nothing happens in it, and what comes waits. */
  stall(forMs: number): void {
    if (this.state === null) return;
    this.world.log('coordinator', `stands still for ${forMs} ms`);
    this.stalledUntil = this.world.now + forMs;
    this.world.timeline.at(this.stalledUntil, () => {
      for (const happen of this.waiting.splice(0)) happen();
    });
  }

  /** A worker's connection is accepted: null when nobody is there to do so. */
  accept(link: Link): LinkEnd<WorkerMessage> | null {
    if (this.state === null) return null;
    const { life } = this;
    let session: SessionId | null = null;
    return {
      receive: message =>
        this.inLife(life, () => {
          if (message.type === 'hello' && session === null) {
            session = sessionIdOf(epochOf(this.epoch), ++this.sessionsMade);
            this.links.set(session, link);
          }
          if (session !== null) this.hear(session, message);
        }),
      closed: () =>
        this.inLife(life, () => {
          if (session === null) return;
          this.links.delete(session);
          this.tell({ type: 'worker-disconnected', session });
        }),
    };
  }

  /** An event from outside: it is dropped when the coordinator is dead. */
  submit(event: Unplaced<SchedulerEvent>): void {
    this.inLife(this.life, () => this.tell(event));
  }

  knows(job: JobId): boolean {
    return this.durable.some(record => (record.type === 'job-accepted' ? record.job.id : record.job) === job);
  }

  /** The journal up to now is replaced by a snapshot, when nothing is on its way to it. */
  snapshot(): void {
    if (this.state === null || this.flushing !== null || this.queue.length > 0) return;
    const replayed = createState(this.state.epoch);
    for (const record of this.durable) replay(replayed, record);
    checkSameRecords([...recordsOf(this.state)], [...recordsOf(replayed)]);
    this.durable = [...recordsOf(this.state)];
  }

  private inLife(life: number, happen: () => void): void {
    if (this.life !== life || this.state === null) return;
    if (this.world.now < this.stalledUntil) this.waiting.push(() => this.inLife(life, happen));
    else happen();
  }

  private hear(session: SessionId, message: WorkerMessage): void {
    switch (message.type) {
      case 'hello': {
        const { worker: id, host, pid, slots, labels, address, directory, held, running } = message;
        this.tell({ type: 'worker-joined', session, worker: { id, host, pid, slots, labels, address, directory }, held, running });
        return;
      }
      case 'heartbeat':
        this.tell({ type: 'worker-heard', session });
        return;
      case 'progress':
        this.tell({ type: 'attempts-progressed', session, attempts: message.attempts });
        return;
      case 'succeeded':
        this.tell({ type: 'attempt-succeeded', session, name: message, result: message.result });
        return;
      case 'failed':
        this.tell({ type: 'attempt-failed', session, name: message, failure: message.failure });
        return;
      case 'job-opened':
        this.tell({ type: 'job-opened-on-worker', session, job: message.job, failure: message.failure });
        return;
      case 'draining':
        this.tell({ type: 'worker-draining', session });
        return;
      case 'log-lines':
        return;
    }
  }

  private tell(event: Unplaced<SchedulerEvent>): void {
    const { state } = this;
    if (state === null) return;
    const commands = step(state, { ...event, at: this.world.now, cause: event.type } as SchedulerEvent);
    checkInvariants(state);
    for (const command of commands) {
      this.world.log('coordinator', describe(command));
      if (command.type === 'journal' && command.records.some(record => record.type === 'commit-started'))
        checkCommit(this.world, state, command.records);
    }
    this.queue.push(...commands);
    this.work();
    const wakeAt = nextWakeAt(state);
    const wake = ++this.wakeNumber;
    if (wakeAt === null) return;
    if (wakeAt <= this.world.now) throw new Error('the scheduler wants to be woken in the past');
    const { life } = this;
    this.world.timeline.at(wakeAt, () =>
      this.inLife(life, () => {
        if (this.wakeNumber === wake) this.tell({ type: 'ticked' });
      }),
    );
  }

  /** Carries commands out in order, up to the next record that is not on disk. */
  private work(): void {
    while (this.flushing === null) {
      const command = this.queue.shift();
      if (command === undefined) return;
      if (command.type === 'journal') this.flush(command.records);
      else this.carryOut(command);
    }
  }

  private flush(records: readonly JournalRecord[]): void {
    this.flushing = records;
    const { life } = this;
    this.world.timeline.after(this.world.random('journal').delayMs(3), () =>
      this.inLife(life, () => {
        this.durable.push(...records);
        this.flushing = null;
        this.work();
      }),
    );
  }

  private carryOut(command: Exclude<SchedulerCommand, { readonly type: 'journal' }>): void {
    switch (command.type) {
      case 'send':
        this.links.get(command.session)?.toWorker(command.message);
        return;
      case 'end-session':
        this.links.get(command.session)?.closeFrom('coordinator');
        this.links.delete(command.session);
        return;
      case 'publish-outputs':
        this.publish(command);
        return;
      case 'abort-outputs':
        this.later(20, () => {
          this.world.store.abort(command.job);
          this.tell({ type: 'outputs-aborted', job: command.job });
        });
        return;
      case 'answer-cancel':
      case 'note-job':
      case 'job-ended':
      case 'log-fenced':
    }
  }

  private publish({ job, outputs }: Extract<SchedulerCommand, { readonly type: 'publish-outputs' }>): void {
    const model = this.world.jobs.get(job);
    const fails = this.world.fails('publish', this.world.options.publishFailureChance) && !this.world.store.published.has(job);
    this.later(50, () => {
      if (fails && model !== undefined) {
        model.publishFailed = true;
        this.tell({ type: 'publish-failed', job, message: 'the storage said no' });
        return;
      }
      this.world.store.publish(job, outputs);
      // The crash that comes between the two is found by the fault that crashes coordinators.
      this.later(20, () => this.tell({ type: 'outputs-published', job }));
    });
  }

  private later(meanMs: number, happen: () => void): void {
    const { life } = this;
    this.world.timeline.after(this.world.random('storage').delayMs(meanMs), () => this.inLife(life, happen));
  }
}

function describe(command: SchedulerCommand): string {
  switch (command.type) {
    case 'journal':
      return `journal ${command.records.map(record => ('task' in record ? `${record.type} ${record.job}/${record.stage}@${record.task}` : record.type)).join(', ')}`;
    case 'send': {
      const { message } = command;
      const what =
        message.type === 'assign'
          ? ` ${message.assignment.job}/${message.assignment.stage}@${message.assignment.task}#${message.assignment.attempt}`
          : '';
      const of = 'attempt' in message ? ` ${message.attempt}` : '';
      return `to ${command.session}: ${message.type}${what}${of}`;
    }
    case 'note-job':
      return `${command.job} ${command.note.kind}: ${command.note.text}`;
    case 'log-fenced':
      return `fenced ${command.session}: ${command.what}`;
    case 'job-ended':
      return `${command.job} ${command.status.state}`;
    case 'end-session':
      return `ends ${command.session}: ${command.reason}`;
    case 'publish-outputs':
    case 'abort-outputs':
    case 'answer-cancel':
      return `${command.type} ${command.job}`;
  }
}
