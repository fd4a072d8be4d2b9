// Goal: whatever order things happen in, the agent's invariants hold, every assigned attempt is answered for exactly once
// or was taken back, and a drained agent ends with nothing left running. Method: a coordinator and a shell that do
// legal things in an order drawn by chance, checked after every step against a ledger of their own.

import { fc, test } from '@fast-check/vitest';
import {
  type AttemptId,
  attemptIdOf,
  compareAttempts,
  type Epoch,
  epochOf,
  type Failure,
  type JobId,
  parseJobId,
  parseSessionId,
  parseWorkerId,
} from '@sheaf/protocol';
import type { TaskResult, WorkerMessage } from '@sheaf/protocol/messages';
import { type AgentCommand, type AgentEvent, type AgentMessage, checkInvariants, createAgent, nextWakeAt, step } from '@sheaf/worker/agent';
import { expect } from 'vitest';

type NewEvent = AgentEvent extends infer Event ? (Event extends AgentEvent ? Omit<Event, 'at'> : never) : never;

/** What the coordinator of the walk thinks of an attempt. */
interface Entry {
  readonly job: JobId;
  readonly edges: number;
  state: 'assigned' | 'finished' | 'kept';
}

const crashed: Failure = { code: 'E_CRASHED', message: 'by chance' };
const jobs = ['a', 'b', 'c'].map(letter => parseJobId(`j${letter.repeat(12)}`));

class Walk {
  private readonly agent = createAgent({
    worker: parseWorkerId('waaaaaaaa'),
    protocol: 1,
    version: '0',
    host: 'machine',
    pid: 1,
    slots: 2,
    labels: [],
    address: 'a:1',
    directory: '/outputs',
    blankHeapMb: 256,
    blanksMax: 2,
  });
  private now = 0;
  private epoch: Epoch = epochOf(1);
  private minted = 0;
  private link = 0;
  private linkIs: 'none' | 'asked' | 'open' | 'welcomed' = 'none';
  private lastHello: Extract<WorkerMessage, { type: 'hello' }> | null = null;
  private draining = false;
  private ended = false;
  private readonly openJobs = new Set<JobId>();
  private readonly preparing = new Set<JobId>();
  private readonly localising = new Set<AttemptId>();
  private readonly starting = new Set<number>();
  private readonly alive = new Map<number, AttemptId[]>();
  private readonly killed = new Set<number>();
  private readonly withdrawn = new Set<number>();
  private readonly ledger = new Map<AttemptId, Entry>();

  begin(): void {
    this.tell({ type: 'started' });
  }

  /** Does one of the things that are possible now. */
  act(choice: number): void {
    if (this.ended) return;
    const moves = this.moves();
    moves[choice % moves.length]?.();
  }

  /** Lets everything come to its end, and says what is left. */
  finish(): void {
    if (!this.ended) this.tell({ type: 'drain-requested' });
    for (let turns = 0; !this.ended; turns++) {
      if (turns > 10_000) throw new Error('the agent does not end');
      for (const executor of [...this.alive.keys()]) if (this.killed.has(executor)) this.exit(executor);
      if (this.linkIs === 'open') this.welcome();
      if (this.linkIs !== 'welcomed') continue;
      for (const [attempt, entry] of [...this.ledger]) if (entry.state === 'finished') this.accept(attempt);
    }
    expect([...this.alive.keys()], 'executors alive at the end').toEqual([]);
  }

  private moves(): (() => void)[] {
    const moves: (() => void)[] = [() => this.pass(), () => this.pass()];
    if (this.linkIs === 'asked') moves.push(() => this.connect());
    if (this.linkIs === 'open') moves.push(() => this.welcome());
    if (this.linkIs !== 'none') moves.push(() => this.disconnect());
    if (this.linkIs === 'welcomed') moves.push(...this.coordinatorMoves());
    for (const job of this.preparing) moves.push(() => this.prepared(job, true));
    for (const job of this.preparing) if (this.minted % 5 === 0) moves.push(() => this.prepared(job, false));
    for (const attempt of this.localising) moves.push(() => this.localised(attempt));
    for (const executor of this.starting) moves.push(() => this.ready(executor));
    for (const executor of this.withdrawn) moves.push(() => this.withdraw(executor));
    for (const [executor, line] of this.alive) moves.push(...this.executorMoves(executor, line));
    return moves;
  }

  private coordinatorMoves(): (() => void)[] {
    const moves = jobs.map(job => (this.openJobs.has(job) ? () => this.assign(job) : () => this.open(job)));
    for (const job of this.openJobs) if (this.minted % 7 === 0) moves.push(() => this.close(job));
    for (const job of this.openJobs) if (this.minted % 5 === 0) moves.push(() => this.release(job));
    for (const [attempt, entry] of this.ledger) {
      if (entry.state === 'finished') moves.push(() => this.accept(attempt));
      if (entry.state === 'assigned' && this.minted % 3 === 0) moves.push(() => this.cancel(attempt));
    }
    return moves;
  }

  private executorMoves(executor: number, line: AttemptId[]): (() => void)[] {
    const moves = [() => this.exit(executor)];
    const [attempt] = line;
    if (attempt === undefined || this.killed.has(executor)) return moves;
    const edges = this.ledger.get(attempt)?.edges ?? 0;
    return [
      ...moves,
      () => this.progress(attempt),
      () => this.succeed(executor, attempt, edges),
      () => this.succeed(executor, attempt, edges),
      () => {
        line.shift();
        this.tell({ type: 'attempt-failed', attempt, failure: crashed });
      },
    ];
  }

  private tell(event: NewEvent): void {
    const commands = step(this.agent, { ...event, at: this.now } as AgentEvent);
    checkInvariants(this.agent);
    const wake = nextWakeAt(this.agent);
    expect(wake === null || wake >= 0).toBe(true);
    for (const command of commands) this.obey(command);
  }

  private receive(message: AgentMessage): void {
    this.tell({ type: 'message-received', link: this.link, message });
  }

  private obey(command: AgentCommand): void {
    switch (command.type) {
      case 'connect':
        this.link = command.link;
        this.linkIs = 'asked';
        return;
      case 'disconnect':
        this.disconnect();
        return;
      case 'send':
        this.hear(command.message);
        return;
      case 'prepare-job':
        this.preparing.add(command.job.job);
        return;
      case 'delete-job':
        this.preparing.delete(command.job);
        for (const [executor, line] of this.alive) {
          for (const attempt of line)
            expect(this.ledger.get(attempt)?.job, `executor ${executor} runs in a deleted folder`).not.toBe(command.job);
        }
        return;
      case 'localise':
        expect(this.localising.has(command.attempt)).toBe(false);
        this.localising.add(command.attempt);
        return;
      case 'stop-localising':
        this.localising.delete(command.attempt);
        return;
      case 'start-executor':
        this.starting.add(command.executor);
        this.alive.set(command.executor, []);
        return;
      case 'run-attempt':
        expect(this.alive.has(command.executor), 'a living executor runs an attempt').toBe(true);
        expect(this.starting.has(command.executor) || this.killed.has(command.executor)).toBe(false);
        this.alive.get(command.executor)?.push(command.assignment.attempt);
        return;
      case 'withdraw-line':
        this.withdrawn.add(command.executor);
        return;
      case 'kill-executor':
        expect(this.alive.has(command.executor), `executor ${command.executor} is killed after its death`).toBe(true);
        this.killed.add(command.executor);
        return;
      case 'delete-attempt':
        expect([...this.alive.values()].flat(), 'files are deleted under a running attempt').not.toContain(command.name.attempt);
        return;
      case 'end':
        this.ended = true;
        return;
      case 'delete-fetched':
      case 'read-log':
      case 'note':
    }
  }

  private hear(message: WorkerMessage): void {
    if (message.type === 'hello') this.lastHello = message;
    if (message.type === 'draining') this.draining = true;
    if (message.type !== 'succeeded' && message.type !== 'failed') {
      if (message.type === 'job-opened' && message.failure !== null) {
        this.openJobs.delete(message.job);
        this.forget(message.job, entry => entry.state !== 'kept');
      }
      return;
    }
    const entry = this.ledger.get(message.attempt);
    if (entry === undefined) throw new Error(`an end of attempt ${message.attempt}, which was taken back`);
    expect(entry.state, 'an end is told again only after a reconnect').toBe('assigned');
    if (message.type === 'failed') this.ledger.set(message.attempt, { ...entry, edges: 0 });
    const now = this.ledger.get(message.attempt);
    if (now !== undefined) now.state = 'finished';
  }

  private pass(): void {
    const wake = nextWakeAt(this.agent);
    if (wake === null) return;
    this.now = Math.max(this.now, wake);
    this.tell({ type: 'woken' });
    const next = this.ended ? null : nextWakeAt(this.agent);
    expect(next === null || next > this.now, 'a wake is answered by what it was asked for').toBe(true);
  }

  private connect(): void {
    this.linkIs = 'open';
    this.tell({ type: 'connected', link: this.link });
  }

  private disconnect(): void {
    this.linkIs = 'none';
    this.tell({ type: 'disconnected', link: this.link, jitter: 0.5 });
  }

  /** By chance a coordinator that remembers everything, or one that was restarted and knows only what it accepted. */
  private welcome(): void {
    const hello = this.lastHello;
    if (hello === null) throw new Error('welcomed before hello');
    const restarted = this.now % 3 === 0;
    if (restarted) this.epoch = epochOf(this.epoch + 1);
    for (const [attempt, entry] of [...this.ledger]) {
      if (entry.state === 'kept') expect(hello.held.map(held => held.attempt)).toContain(attempt);
      else expect(hello.running.map(running => running.attempt)).toContain(attempt);
      if (restarted && entry.state !== 'kept') this.ledger.delete(attempt);
      if (entry.state === 'finished') entry.state = 'assigned';
    }
    this.openJobs.clear();
    this.linkIs = 'welcomed';
    const keep = [...this.ledger].filter(([, entry]) => entry.state === 'kept').map(([attempt]) => attempt);
    const resume = [...this.ledger].filter(([, entry]) => entry.state !== 'kept').map(([attempt]) => attempt);
    this.receive({ type: 'welcome', session: parseSessionId(`${this.epoch}.1`), epoch: this.epoch, keep, resume });
    for (const job of new Set([...this.ledger.values()].map(entry => entry.job))) this.open(job);
  }

  private open(job: JobId): void {
    const hash = '0'.repeat(64);
    this.openJobs.add(job);
    const opening = {
      job,
      name: 'walk',
      bundle: hash,
      sourceMap: null,
      graphHash: hash,
      graph: '{}',
      params: new Uint8Array(),
      blobs: {},
      nonces: [],
    };
    this.receive({ type: 'open-job', job: opening });
  }

  private close(job: JobId): void {
    this.openJobs.delete(job);
    this.forget(job, () => true);
    this.receive({ type: 'close-job', job });
  }

  /** Releases all that was accepted, but for the last attempt. */
  private release(job: JobId): void {
    const upTo = attemptIdOf(this.epoch, this.minted - 1);
    this.forget(job, (entry, attempt) => entry.state === 'kept' && compareAttempts(attempt, upTo) <= 0);
    this.receive({ type: 'release', job, stages: [0, 1], upTo });
  }

  private forget(job: JobId, test: (entry: Entry, attempt: AttemptId) => boolean): void {
    for (const [attempt, entry] of [...this.ledger]) if (entry.job === job && test(entry, attempt)) this.ledger.delete(attempt);
  }

  private prepared(job: JobId, well: boolean): void {
    this.preparing.delete(job);
    // A refusal that cannot be told now: the next hello does not list the job's attempts, and that tells the coordinator.
    if (!well && this.linkIs !== 'welcomed') this.forget(job, entry => entry.state !== 'kept');
    const settings = { heapMb: job === jobs[2] ? 512 : 256, taskTimeoutMs: 60_000 };
    this.tell(well ? { type: 'job-prepared', job, settings } : { type: 'job-refused', job, failure: crashed });
  }

  private assign(job: JobId): void {
    if (this.draining) return;
    this.minted++;
    const attempt = attemptIdOf(this.epoch, this.minted);
    const reads = this.minted % 2 === 0;
    this.ledger.set(attempt, { job, edges: this.minted % 3 === 0 ? 1 : 0, state: 'assigned' });
    const hash = '0'.repeat(32);
    const location = { task: 0, attempt, worker: parseWorkerId('wbbbbbbbb'), address: 'a:1', host: 'other', path: '/x', bytes: 1, hash };
    if (reads) this.receive({ type: 'locations', job, edge: 0, entries: [location] });
    const plain = { number: 1, generation: 0, split: null, partitions: {}, reads: {}, counts: {}, staging: {} };
    this.receive({ type: 'assign', assignment: { job, stage: 0, task: this.minted, attempt, ...plain, producers: reads ? { 0: 1 } : {} } });
  }

  private accept(attempt: AttemptId): void {
    const entry = this.ledger.get(attempt);
    if (entry === undefined) return;
    if (entry.edges > 0) entry.state = 'kept';
    else this.ledger.delete(attempt);
    this.receive({ type: 'accepted', attempt });
  }

  private cancel(attempt: AttemptId): void {
    this.ledger.delete(attempt);
    this.receive({ type: 'cancel-attempt', attempt, reason: 'by chance' });
  }

  private localised(attempt: AttemptId): void {
    this.localising.delete(attempt);
    const lost = { stage: 0, task: 0, attempt: this.now % 2 === 0 ? attempt : '9.9' };
    const failure: Failure = { code: 'E_MAP_OUTPUT_LOST', message: 'by chance', lost };
    this.tell(this.now % 4 < 2 ? { type: 'localising-failed', attempt, failure } : { type: 'localised', attempt });
  }

  private ready(executor: number): void {
    this.starting.delete(executor);
    this.tell({ type: 'executor-ready', executor });
  }

  private exit(executor: number): void {
    const [running = null] = this.alive.get(executor) ?? [];
    this.alive.delete(executor);
    this.starting.delete(executor);
    this.killed.delete(executor);
    this.withdrawn.delete(executor);
    this.tell({ type: 'executor-exited', executor, failure: crashed, running });
  }

  /** The first of the line has begun, or has not. */
  private withdraw(executor: number): void {
    const line = this.alive.get(executor) ?? [];
    const attempts = line.splice(this.now % 2);
    this.withdrawn.delete(executor);
    this.tell({ type: 'line-withdrawn', executor, attempts, running: line[0] ?? null });
  }

  private progress(attempt: AttemptId): void {
    this.now += 1;
    this.tell({ type: 'attempt-progressed', attempt, records: this.now, bytes: this.now });
  }

  private succeed(executor: number, attempt: AttemptId, edges: number): void {
    this.alive.get(executor)?.shift();
    const none = { spills: 0, spilledBytes: 0, combinedRecords: 0, groups: 0, skippedRecords: 0, invalidUtf8: 0, user: {} };
    const result: TaskResult = {
      outputs: edges === 0 ? [] : [{ edge: 0, path: '/x', bytes: 1, records: 1, hash: '0'.repeat(32), partitionBytes: [1] }],
      parts: [],
      counters: { recordsIn: 0, bytesIn: 0, recordsOut: 0, bytesOut: 0, ...none },
      durationMs: 1,
      cpuMs: 1,
      peakRssBytes: 1,
    };
    this.tell({ type: 'attempt-succeeded', attempt, result });
  }
}

test.prop([fc.array(fc.nat(9_999), { minLength: 1, maxLength: 400, size: 'max' })], { numRuns: 200 })(
  'a random walk keeps what the agent promises',
  choices => {
    const walk = new Walk();
    walk.begin();
    for (const choice of choices) walk.act(choice);
    walk.finish();
  },
);
