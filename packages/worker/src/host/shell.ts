// The shell around the agent: turns what happens into events, and carries out what the agent commands. It decides nothing.
// Events are taken one after the other, also those that a command raises while it is carried out.

import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type AttemptId, compareAttempts, type EdgeId, type Failure, FailureError, type JobId } from '@sheaf/protocol';
import {
  type AttemptName,
  outputPath,
  type PackPlace,
  type RelayMessage,
  type TaskAssignment,
  type TaskResult,
} from '@sheaf/protocol/messages';
import type { Logger } from 'pino';
import { type AgentCommand, type AgentEvent, type AgentState, type ExecutorId, type LinkId, nextWakeAt, step } from '../agent/index.ts';
import type { BlockCodec } from '../data/block-codec.ts';
import type { AttemptLogs } from './attempt-logs.ts';
import { attemptFolder, recordHeld } from './directory.ts';
import type { ExecutorPool } from './executor-pool.ts';
import type { ExecutorEvents } from './executor-process.ts';
import type { JobStore, PreparedJob } from './job-store.ts';
import { CoordinatorLink } from './link.ts';
import type { Localiser, LocalSources } from './localiser.ts';
import type { OutputTable } from './output-table.ts';
import type { Packs } from './packs.ts';
import { readsOf } from './reads-of-task.ts';
import type { RelayServer } from './relay-server.ts';
import type { RelayTransport } from './relay-transport.ts';

export interface ShellOptions {
  readonly agent: AgentState;
  readonly coordinatorUrl: string | Promise<string>;
  readonly token: string | null;
  /** Folder of the map outputs. */
  readonly outputs: string;
  readonly logs: AttemptLogs;
  /** The map outputs that are given to others. */
  readonly served: OutputTable;
  readonly packs: Packs;
  /** Both ends of what is relayed between workers over the links to the coordinator. */
  readonly relayServer: RelayServer;
  readonly relay: RelayTransport;
  readonly jobs: JobStore;
  readonly localiser: Localiser;
  /** What executors pack map outputs with. */
  readonly codec: BlockCodec;
  readonly logger: Logger;
  readonly onEnd: (end: Extract<AgentCommand, { type: 'end' }>) => void;
}

type NewEvent = AgentEvent extends infer Event ? (Event extends AgentEvent ? Omit<Event, 'at'> : never) : never;
type CommandOf<Type extends AgentCommand['type']> = Extract<AgentCommand, { type: Type }>;

/** The longest delay a timer of Node takes. */
const timerMsMax = 2_147_483_647;

export class Shell {
  private readonly options: ShellOptions;
  private readonly pool: ExecutorPool;
  private readonly events: AgentEvent[] = [];
  private isStepping = false;
  private isClosed = false;
  private timer: { readonly at: number; readonly handle: NodeJS.Timeout } | null = null;
  private link: { readonly id: LinkId; readonly connection: CoordinatorLink } | null = null;
  /** What executors were given and have not answered. */
  private readonly given = new Map<ExecutorId, Map<AttemptId, TaskAssignment>>();
  /** Attempts whose input is asked for; null until it is here. */
  private readonly sources = new Map<AttemptId, LocalSources | null>();
  private readonly deletions = new Set<Promise<unknown>>();

  constructor(options: ShellOptions, openPool: (eventsOf: (executor: ExecutorId) => ExecutorEvents) => ExecutorPool) {
    this.options = options;
    this.pool = openPool(executor => this.eventsOf(executor));
  }

  tell(event: NewEvent): void {
    if (this.isClosed) return;
    this.events.push({ ...event, at: Math.round(performance.now()) } as AgentEvent);
    if (this.isStepping) return;
    this.isStepping = true;
    try {
      for (let next = this.events.shift(); next !== undefined; next = this.events.shift()) {
        for (const command of step(this.options.agent, next)) this.carryOut(command);
      }
    } finally {
      this.isStepping = false;
    }
    this.setTimer();
  }

  /** Nothing is told to the agent any more; what it left running is ended and waited for. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.timer !== null) clearTimeout(this.timer.handle);
    this.link?.connection.close();
    await this.pool.close();
    await this.options.localiser.close();
    await this.options.jobs.close();
    await Promise.allSettled(this.deletions);
  }

  /** A wake that comes early does no harm, and timers are not for free: only an earlier one is set anew. */
  private setTimer(): void {
    const wakeAt = nextWakeAt(this.options.agent);
    if (this.timer !== null && wakeAt !== null && this.timer.at <= wakeAt) return;
    if (this.timer !== null) clearTimeout(this.timer.handle);
    this.timer = null;
    if (wakeAt === null || this.isClosed) return;
    const delayMs = Math.min(Math.max(0, wakeAt - performance.now()), timerMsMax);
    const wake = (): void => {
      this.timer = null;
      this.tell({ type: 'woken' });
    };
    this.timer = { at: wakeAt, handle: setTimeout(wake, delayMs) };
  }

  private carryOut(command: AgentCommand): void {
    const handle = this.handlers[command.type] as (command: AgentCommand) => void;
    handle(command);
  }

  private readonly handlers: { readonly [Type in AgentCommand['type']]: (command: CommandOf<Type>) => void } = {
    connect: ({ link }) => {
      const { coordinatorUrl } = this.options;
      if (typeof coordinatorUrl === 'string') this.connect(link, coordinatorUrl);
      else void coordinatorUrl.then(url => this.isClosed || this.connect(link, url)).catch(() => undefined);
    },
    disconnect: ({ link }) => {
      if (this.link?.id === link) this.link.connection.close();
    },
    send: ({ link, message }) => {
      if (this.link?.id === link) this.link.connection.send(message);
    },
    'prepare-job': ({ job }) => void this.prepareJob(job),
    'delete-job': ({ job }) => {
      this.options.served.remove({ job });
      this.options.packs.closeJob(job);
      const folder = join(this.options.outputs, job);
      this.delete(
        this.options.jobs.delete(job, async () => {
          const { direct: fetchedBytes, relayed: relayedBytes } = await this.options.localiser.closeJob(job);
          this.options.logger.info({ job, fetchedBytes, relayedBytes }, 'what is here of a job is deleted');
          await rm(folder, { recursive: true, force: true, maxRetries: 3 });
        }),
      );
    },
    localise: command => void this.localise(command),
    'stop-localising': ({ attempt }) => {
      this.sources.delete(attempt);
      this.options.localiser.stop(attempt);
    },
    'start-executor': ({ executor, heapMb }) => this.pool.start(executor, heapMb),
    'run-attempt': ({ executor, assignment }) => this.run(executor, assignment),
    'withdraw-line': ({ executor }) => this.pool.withdraw(executor),
    'kill-executor': ({ executor }) => this.pool.kill(executor),
    'delete-attempt': ({ name }) => {
      this.options.served.remove(name);
      if (this.options.packs.drop(name.attempt)) return;
      this.delete(rm(attemptFolder(this.options.outputs, name), { recursive: true, force: true, maxRetries: 3 }));
    },
    'delete-fetched': ({ job, stages, upTo }) => {
      const prepared = this.options.jobs.get(job);
      if (prepared === undefined) return;
      const isReleased = (edge: EdgeId, attempt: AttemptId) =>
        stages.includes(prepared.producerOf(edge)) && compareAttempts(attempt, upTo) <= 0;
      this.delete(this.options.localiser.release(job, isReleased));
    },
    'read-log': ({ request, attempt, bytesMax }) => {
      this.tell({ type: 'log-read', request, text: this.options.logs.read(attempt, bytesMax) });
    },
    note: ({ level, text }) => this.options.logger[level](text),
    end: command => this.options.onEnd(command),
  };

  private connect(id: LinkId, coordinatorUrl: string): void {
    const { token, logger } = this.options;
    const connection = new CoordinatorLink({
      ...{ coordinatorUrl, token, isKnown: this.options.agent.epoch > 0 },
      onOpen: () => this.tell({ type: 'connected', link: id }),
      onMessage: message => {
        if (message.type === 'fetch' || message.type === 'fetched') {
          this.relayed(connection, message);
          return;
        }
        this.tell({ type: 'message-received', link: id, message });
        if (message.type === 'welcome') this.options.relay.linked(outgoing => connection.send(outgoing));
      },
      onClosed: reason => {
        this.options.relay.unlinked();
        logger.info({ reason }, 'not connected to the coordinator');
        this.tell({ type: 'disconnected', link: id, jitter: Math.random() });
      },
    });
    this.link = { id, connection };
  }

  /** Between two workers the coordinator only passes on; there is nothing for the agent to decide. */
  private relayed(connection: CoordinatorLink, message: RelayMessage): void {
    if (message.type === 'fetched') this.options.relay.answered(message.request, message.answer);
    else void this.options.relayServer.serve(message.request, message, (answer, left) => connection.send(answer, left));
  }

  private async prepareJob(opening: CommandOf<'prepare-job'>['job']): Promise<void> {
    const { job } = opening;
    try {
      const prepared = await this.options.jobs.prepare(opening);
      if (prepared !== null) this.tell({ type: 'job-prepared', job, settings: prepared.settings });
    } catch (error) {
      this.tell({ type: 'job-refused', job, failure: failureOf(error) });
    }
  }

  private async localise({ job, attempt, outputs, reads }: CommandOf<'localise'>): Promise<void> {
    const prepared = this.options.jobs.get(job);
    if (prepared === undefined) throw new Error(`input of job ${job} is asked for before the job is prepared`);
    this.sources.set(attempt, null);
    try {
      const { producerOf, runOf } = prepared;
      const sources = await this.options.localiser.localise({
        job,
        attempt,
        outputs,
        producerOf,
        runOf,
        ...readsOf(prepared, { job, reads }),
      });
      if (!this.sources.has(attempt)) return;
      this.sources.set(attempt, sources);
      this.tell({ type: 'localised', attempt });
    } catch (error) {
      if (this.sources.delete(attempt)) this.tell({ type: 'localising-failed', attempt, failure: failureOf(error) });
    }
  }

  private run(executor: ExecutorId, assignment: TaskAssignment): void {
    const { attempt, job } = assignment;
    const prepared = this.preparedFor(job, attempt);
    const directory = attemptFolder(this.options.outputs, assignment);
    const sources = this.sources.get(attempt) ?? {};
    this.sources.delete(attempt);
    const given = this.given.get(executor) ?? new Map<AttemptId, TaskAssignment>();
    this.given.set(executor, given.set(attempt, assignment));
    const pack = prepared.mayPack(assignment.stage) ? { pack: this.options.packs.open(executor, assignment) } : {};
    const task = { assignment, sources, directory, codec: this.options.codec, ...pack };
    this.pool.run(executor, { job: prepared.executorJob, task }, this.options.logs.open(assignment));
  }

  private preparedFor(job: JobId, attempt: AttemptId): PreparedJob {
    const prepared = this.options.jobs.get(job);
    if (prepared === undefined) throw new Error(`attempt ${attempt} is to run before its job is prepared`);
    return prepared;
  }

  private eventsOf(executor: ExecutorId): ExecutorEvents {
    const { logger } = this.options;
    return {
      ready: () => this.tell({ type: 'executor-ready', executor }),
      succeeded: (attempt, result) => this.tell(this.outcomeOf(executor, attempt, result)),
      failed: (attempt, failure) => {
        this.endRun(executor, attempt);
        logger.info({ attempt, failure: failure.code, message: failure.message }, 'an attempt failed');
        this.tell({ type: 'attempt-failed', attempt, failure });
      },
      progressed: ({ attempt, records, bytes, place }) => {
        this.tell({ type: 'attempt-progressed', attempt, records, bytes, ...(place === undefined ? {} : { place }) });
      },
      withdrawn: (attempts, running) => {
        for (const attempt of attempts) this.endRun(executor, attempt);
        this.tell({ type: 'line-withdrawn', executor, attempts, running });
      },
      exited: (failure, running) => {
        this.given.delete(executor);
        this.options.packs.gone(executor);
        if (running !== null) logger.info({ executor, attempt: running, end: failure.message }, 'an executor ended in an attempt');
        this.tell({ type: 'executor-exited', executor, failure, running });
      },
    };
  }

  /** A success becomes one when its outputs are served and recorded; when they cannot be, it is a failure. */
  private outcomeOf(executor: ExecutorId, attempt: AttemptId, result: TaskResult): NewEvent {
    const assignment = this.endRun(executor, attempt);
    if (assignment === undefined) throw new Error(`attempt ${attempt} succeeded and was never run`);
    try {
      if (result.outputs.length > 0) this.keepOutputs(assignment, result);
      return { type: 'attempt-succeeded', attempt, result };
    } catch (error) {
      return { type: 'attempt-failed', attempt, failure: diskFailure(error) };
    }
  }

  private endRun(executor: ExecutorId, attempt: AttemptId): TaskAssignment | undefined {
    const given = this.given.get(executor);
    const assignment = given?.get(attempt);
    given?.delete(attempt);
    if (assignment !== undefined) this.options.packs.ended(executor, assignment.stage);
    return assignment;
  }

  private keepOutputs({ job, stage, task, attempt }: AttemptName, { outputs }: TaskResult): void {
    const { packs, served } = this.options;
    if (outputs.every(({ packed }) => packed !== undefined)) {
      for (const { edge, bytes, packed } of outputs) {
        const { pack, at } = packed as PackPlace;
        served.add({ job, edge, task, attempt, path: packs.keep(job, attempt, pack), at, bytes });
      }
      return;
    }
    for (const { edge, path, bytes } of outputs) {
      const expected = outputPath(this.options.outputs, { job, attempt, edge });
      if (path !== expected) throw new Error(`the executor wrote ${path}, not ${expected}`);
      const { size } = statSync(path);
      if (size !== bytes) throw new Error(`${path} has ${size} bytes, not ${bytes}`);
    }
    const { runOf } = this.preparedFor(job, attempt);
    const held = outputs.map(({ edge, bytes, hash }) => ({ edge, run: runOf(edge), bytes, hash }));
    recordHeld(this.options.outputs, { job, stage, task, attempt, outputs: held });
    for (const { edge, path, bytes } of outputs) this.options.served.add({ job, edge, task, attempt, path, bytes });
  }

  private delete(deletion: Promise<unknown>): void {
    const settled = deletion
      .catch(error => this.options.logger.warn({ error: String(error) }, 'files could not be deleted'))
      .finally(() => this.deletions.delete(settled));
    this.deletions.add(settled);
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  return { code: 'E_INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

function diskFailure(error: unknown): Failure {
  return { code: 'E_DISK', message: `the working directory cannot be used: ${error instanceof Error ? error.message : String(error)}` };
}
