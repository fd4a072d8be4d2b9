// A worker of a simulation: the agent core, a disk that outlives its crashes, and executors that take their time. It crashes,
// freezes, loses its disk, and comes back under the same id.

import { type AttemptId, type Failure, parseWorkerId, type WorkerId } from '@sheaf/protocol';
import type { HeldAttempt, TaskAssignment } from '@sheaf/protocol/messages';
import {
  type AgentCommand,
  type AgentEvent,
  type AgentMessage,
  type AgentState,
  checkInvariants,
  createAgent,
  type ExecutorId,
  type LinkId,
  nextWakeAt,
  step,
} from '@sheaf/worker/agent';
import { ExecutorLine } from './executor-line.ts';
import type { Reads } from './job-model.ts';
import { Link, type LinkEnd } from './link.ts';
import { localise, runTask, type TaskMachine, type Unplaced } from './task-runs.ts';
import type { WorkerMachine, World } from './world.ts';

export class WorkerNode implements TaskMachine, WorkerMachine {
  readonly id: WorkerId;
  /** null: it is dead. */
  agent: AgentState | null = null;
  /** Finished run files, by attempt. */
  readonly disk: Map<AttemptId, HeldAttempt> = new Map();
  readonly localised: Map<AttemptId, Reads> = new Map();
  frozenUntil = 0;
  readonly world: World;
  private readonly number: number;
  private lives = 0;
  private port = 1000;
  private link: { readonly id: LinkId; readonly link: Link; open: boolean } | null = null;
  /** What each executor has to run: one that is gone has nothing. */
  private readonly lines = new Map<ExecutorId, ExecutorLine>();
  private readonly waiting: (() => void)[] = [];
  private wakeNumber = 0;

  constructor(world: World, number: number) {
    this.world = world;
    this.number = number;
    this.id = parseWorkerId(`w${String(number).padStart(8, '0')}`);
  }

  get isDead(): boolean {
    return this.agent === null;
  }

  get address(): string {
    return `${this.id}:${this.port}`;
  }

  start(): void {
    this.lives++;
    this.agent = createAgent(
      {
        ...{ worker: this.id, protocol: 1, version: '0', host: `host-${this.number}`, pid: this.lives, slots: this.world.options.slots },
        ...{ labels: [], address: this.address, directory: `/${this.id}`, blankHeapMb: 256, blanksMax: 2 },
      },
      [...this.disk.values()],
    );
    this.world.log(this.id, `starts with ${this.disk.size} outputs`);
    this.tell({ type: 'started' });
  }

  crash(): void {
    if (this.agent === null) return;
    const { options } = this.world;
    this.die();
    if (this.world.fails('crash', options.wipeChance)) this.disk.clear();
    if (this.world.fails('crash', options.moveChance)) this.port++;
    this.world.log(this.id, 'crashes');
    this.link?.link.cut();
    this.link = null;
  }

  /** It stands still, and all that comes waits. */
  freeze(forMs: number): void {
    if (this.agent === null || this.frozenUntil > this.world.now) return;
    this.world.log(this.id, `freezes for ${forMs} ms`);
    this.frozenUntil = this.world.now + forMs;
    this.world.timeline.at(this.frozenUntil, () => {
      for (const happen of this.waiting.splice(0)) happen();
    });
  }

  cut(): void {
    if (this.link === null) return;
    this.world.log(this.id, 'its connection is cut');
    this.link.link.cut();
  }

  drain(): void {
    this.inLife(this.lives, () => this.tell({ type: 'drain-requested' }));
  }

  tell(event: Unplaced<AgentEvent>): void {
    const { agent } = this;
    if (agent === null) return;
    const commands = step(agent, { ...event, at: this.world.now } as AgentEvent);
    checkInvariants(agent);
    for (const command of commands) {
      this.world.log(this.id, describe(command));
      this.carryOut(command);
    }
    this.planWake(agent, event.type === 'woken');
  }

  /** What is planned now happens later in this life of the worker, or not at all. */
  later(meanMs: number, happen: () => void): void {
    const life = this.lives;
    const delayMs = Math.min(longestMs, this.world.random('worker').delayMs(meanMs));
    this.world.timeline.after(delayMs, () => this.inLife(life, happen));
  }

  /** The executor has ended by itself, in what it began last. */
  executorDied(executor: ExecutorId, failure: Failure): void {
    const running = this.lines.get(executor)?.running ?? null;
    this.lines.delete(executor);
    this.tell({ type: 'executor-exited', executor, failure, running });
  }

  private planWake(agent: AgentState, isWoken: boolean): void {
    const wakeAt = nextWakeAt(agent);
    const wake = ++this.wakeNumber;
    if (wakeAt === null) return;
    if (isWoken && wakeAt <= this.world.now) throw new Error(`${this.id} was woken and wants to be woken at once`);
    const life = this.lives;
    this.world.timeline.at(wakeAt, () =>
      this.inLife(life, () => {
        if (this.wakeNumber === wake) this.tell({ type: 'woken' });
      }),
    );
  }

  private die(): void {
    this.agent = null;
    this.lives++;
    this.lines.clear();
    this.localised.clear();
    this.waiting.length = 0;
    this.frozenUntil = 0;
  }

  private inLife(life: number, happen: () => void): void {
    if (this.lives !== life || this.agent === null) return;
    if (this.world.now < this.frozenUntil) this.waiting.push(() => this.inLife(life, happen));
    else happen();
  }

  private carryOut(command: AgentCommand): void {
    switch (command.type) {
      case 'connect':
        this.connect(command.link);
        return;
      case 'disconnect':
        this.disconnect(command.link);
        return;
      case 'send':
        if (this.link?.id === command.link && this.link.open) this.link.link.toCoordinator(command.message);
        return;
      case 'prepare-job':
        this.prepare(command);
        return;
      case 'delete-job':
        for (const [id, { job }] of this.disk) if (job === command.job) this.disk.delete(id);
        return;
      case 'localise':
        localise(this, command);
        return;
      case 'stop-localising':
        this.localised.delete(command.attempt);
        return;
      case 'start-executor':
        this.startExecutor(command.executor);
        return;
      case 'run-attempt':
        this.run(command.executor, command.assignment);
        return;
      case 'withdraw-line': {
        const { executor } = command;
        const line = this.lines.get(executor);
        const attempts = line?.withdraw() ?? [];
        this.later(0, () => this.tell({ type: 'line-withdrawn', executor, attempts, running: line?.running ?? null }));
        return;
      }
      case 'kill-executor': {
        const running = this.lines.get(command.executor)?.running ?? null;
        this.lines.delete(command.executor);
        this.later(10, () => this.tell({ type: 'executor-exited', executor: command.executor, failure: killed, running }));
        return;
      }
      case 'delete-attempt':
        this.disk.delete(command.name.attempt);
        return;
      case 'end':
        this.end();
        return;
      case 'delete-fetched':
      case 'read-log':
      case 'note':
    }
  }

  private connect(id: LinkId): void {
    const link = new Link(this.world);
    const life = this.lives;
    this.later(5, () => {
      const coordinatorEnd = this.world.door?.accept(link) ?? null;
      if (coordinatorEnd === null) {
        this.tell({ type: 'disconnected', link: id, jitter: this.world.random('worker').fraction() });
        return;
      }
      const workerEnd: LinkEnd<AgentMessage> = {
        receive: message => this.inLife(life, () => this.tell({ type: 'message-received', link: id, message })),
        closed: () =>
          this.inLife(life, () => {
            if (this.link?.id === id) this.link = null;
            this.tell({ type: 'disconnected', link: id, jitter: this.world.random('worker').fraction() });
          }),
      };
      link.attach(workerEnd, coordinatorEnd);
      this.link = { id, link, open: true };
      this.tell({ type: 'connected', link: id });
    });
  }

  private disconnect(id: LinkId): void {
    if (this.link?.id === id) {
      this.link.link.closeFrom('worker');
      this.link = null;
    }
    this.later(1, () => this.tell({ type: 'disconnected', link: id, jitter: this.world.random('worker').fraction() }));
  }

  private prepare({ job }: Extract<AgentCommand, { readonly type: 'prepare-job' }>): void {
    const fails = this.world.fails('open', this.world.options.openFailureChance);
    this.later(30, () => {
      if (fails) this.tell({ type: 'job-refused', job: job.job, failure: { code: 'E_DISK', message: 'no space left' } });
      else this.tell({ type: 'job-prepared', job: job.job, settings: { heapMb: 256, taskTimeoutMs: 20_000 } });
    });
  }

  private startExecutor(executor: ExecutorId): void {
    const fails = this.world.fails('executor', this.world.options.executorCrashChance / 4);
    this.later(100, () => {
      const failure = { code: 'E_EXECUTOR_START', message: 'cannot fork' } as const;
      if (fails) this.tell({ type: 'executor-exited', executor, failure, running: null });
      else this.tell({ type: 'executor-ready', executor });
    });
  }

  private run(executor: ExecutorId, assignment: TaskAssignment): void {
    let line = this.lines.get(executor);
    if (line === undefined) {
      const made = new ExecutorLine(begun =>
        runTask(this, { executor, line: made, isAlive: () => this.lines.get(executor) === made, assignment: begun }),
      );
      line = made;
      this.lines.set(executor, made);
    }
    line.add(assignment);
  }

  /** Drained, or refused: a drained worker is started again before long. */
  private end(): void {
    this.world.log(this.id, 'ends');
    this.link?.link.closeFrom('worker');
    this.link = null;
    this.die();
    this.world.timeline.after(8_000, () => {
      if (this.agent === null) this.start();
    });
  }
}

/** Nothing that a worker does takes longer, so that a task which is only slow is not taken for one that hangs. */
const longestMs = 15_000;

const killed = { code: 'E_CRASHED', message: 'killed' } as const;

function describe(command: AgentCommand): string {
  switch (command.type) {
    case 'send':
      return `send ${command.message.type}${'attempt' in command.message ? ` ${command.message.attempt}` : ''}`;
    case 'localise':
    case 'stop-localising':
      return `${command.type} ${command.attempt}`;
    case 'run-attempt':
      return `run-attempt ${command.assignment.attempt} in ${command.executor}`;
    case 'delete-attempt':
      return `delete-attempt ${command.name.attempt}`;
    case 'note':
      return `note: ${command.text}`;
    default:
      return command.type;
  }
}
