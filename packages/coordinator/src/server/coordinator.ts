// A coordinator's life: state directory locked ▸ journal replayed ▸ sockets open ▸ the loop runs ▸ shut down in order.
// It ends by itself only when it cannot go on: a journal that cannot be written, a bug of ours. `ended` tells why.

import { type JobId, limits, UsageError } from '@sheaf/protocol';
import type { Logger } from 'pino';
import { createState, type JournalRecord, replay, type SchedulerState, statusOf } from '../scheduler/index.ts';
import { Admission } from './admission.ts';
import { KnownAttempts } from './attempts.ts';
import { BlobStore } from './blobs.ts';
import { blobsFolder } from './blobs-folder.ts';
import { ClientLinks } from './client-links.ts';
import { now } from './clock.ts';
import { Committer } from './committer.ts';
import { HttpListener } from './http.ts';
import { routesOf } from './http-routes.ts';
import { Journal } from './journal.ts';
import { LiveJobs } from './live-jobs.ts';
import { type CommandHandlers, Loop, type Told } from './loop.ts';
import { JobPlanner } from './planner.ts';
import { Submissions } from './submissions.ts';
import { Watches } from './watches.ts';
import { WorkerLinks } from './worker-links.ts';

export interface CoordinatorOptions {
  /** Holds the journal and the blobs; made when it is missing. */
  readonly stateDirectory: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** What everyone must show; null: nothing, and then only loopback is listened on. */
  readonly token: string | null;
  /** Further names under which the coordinator is reached. */
  readonly names?: readonly string[];
  readonly version: string;
  readonly logger: Logger;
}

export interface RunningCoordinator {
  /** `ws://HOST:PORT`. */
  readonly url: string;
  readonly port: number;
  readonly epoch: number;
  /** The jobs that have not ended. */
  readonly livingJobs: readonly JobId[];
  /** Resolves when it has ended: with null after `stop`, else with the error it could not go on for. */
  readonly ended: Promise<Error | null>;
  /** Ends it in order, within `limits.shutdownMs`. Jobs go on when a coordinator is started on the same state directory. */
  stop(): Promise<void>;
}

/** Resolves when connections are taken. Throws UsageError for options that cannot be, JournalError for a state that cannot be used. */
export async function startCoordinator(options: CoordinatorOptions): Promise<RunningCoordinator> {
  const { stateDirectory, logger, token, names = [] } = options;
  const host = options.host === 'localhost' ? '127.0.0.1' : options.host;
  if (!Number.isInteger(options.port) || options.port < 0 || options.port > 65_535) throw new UsageError(`${options.port} is no port`);
  const admission = new Admission({ host, token, names });
  const journal = await Journal.open<JournalRecord>(stateDirectory);
  try {
    const state = createState(journal.epoch);
    const jobs = new LiveJobs();
    let records = 0;
    for (const record of journal.replay()) {
      replay(state, record);
      jobs.follow(record);
      records += 1;
    }
    logger.info({ stateDirectory, epoch: journal.epoch, records }, 'the journal was replayed');
    const blobs = await BlobStore.open(blobsFolder(stateDirectory));
    const coordinator = new Coordinator({ options: { ...options, host }, admission, journal, state, jobs, blobs });
    await coordinator.start();
    return coordinator;
  } catch (error) {
    journal.close();
    throw error;
  }
}

interface Parts {
  readonly options: CoordinatorOptions;
  readonly admission: Admission;
  readonly journal: Journal<JournalRecord>;
  readonly state: SchedulerState;
  readonly jobs: LiveJobs;
  readonly blobs: BlobStore;
}

class Coordinator implements RunningCoordinator {
  readonly ended: Promise<Error | null>;
  url = '';
  port = 0;
  private readonly parts: Parts;
  private readonly loop: Loop;
  private readonly workers: WorkerLinks;
  private readonly clients: ClientLinks;
  private readonly watches: Watches;
  private readonly committer: Committer;
  private readonly listener: HttpListener;
  private heartbeat: NodeJS.Timeout | undefined;
  private stopping: Promise<void> | null = null;
  private tellEnd: (error: Error | null) => void = () => {};

  constructor(parts: Parts) {
    this.parts = parts;
    const { options, admission, journal, state, jobs, blobs } = parts;
    const { logger, version } = options;
    const { epoch } = journal;
    this.ended = new Promise(resolve => {
      this.tellEnd = resolve;
    });
    const tell = (event: Told): void => this.loop.tell(event);
    const reached = (): Promise<void> => this.loop.reached();
    const statusHere = (job: Parameters<typeof statusOf>[1]): ReturnType<typeof statusOf> => statusOf(state, job);
    const attempts = new KnownAttempts();
    const planner = new JobPlanner(blobs, jobs);
    this.loop = new Loop({
      state,
      journal,
      handlers: this.handlers(),
      follow: record => jobs.follow(record),
      onHalt: error => this.halt(error),
    });
    this.committer = new Committer({ jobs, logger, tell, countersOf: job => statusHere(job)?.counters ?? {} });
    this.watches = new Watches({ statusOf: statusHere, reached });
    this.workers = new WorkerLinks({ epoch, version, logger, attempts, tell });
    const submissions = new Submissions({ state, planner, logger, tell, reached });
    this.clients = new ClientLinks({ epoch, version, logger, submissions, watches: this.watches, statusOf: statusHere, tell });
    this.listener = new HttpListener({
      ...{ admission, logger, routes: routesOf({ state, blobs, attempts, workers: this.workers, tell, reached }) },
      sockets: {
        '/worker': (socket, peer) => this.workers.accept(socket, peer),
        '/client': (socket, peer) => this.clients.accept(socket, peer),
      },
    });
  }

  get epoch(): number {
    return this.parts.journal.epoch;
  }

  get livingJobs(): readonly JobId[] {
    return this.parts.jobs.ids;
  }

  async start(): Promise<void> {
    const { host, port, logger } = this.parts.options;
    this.loop.tell({ type: 'coordinator-started', cause: 'the start' });
    this.port = await this.listener.listen(host, port);
    this.url = `ws://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
    this.heartbeat = setInterval(() => {
      this.workers.beat();
      this.clients.beat();
    }, limits.heartbeatIntervalMs);
    await this.sweepBlobs();
    logger.info({ url: this.url, epoch: this.epoch, token: this.parts.options.token !== null }, 'the coordinator takes connections');
  }

  stop(): Promise<void> {
    this.stopping ??= this.shutDown(null);
    return this.stopping;
  }

  private async shutDown(why: Error | null): Promise<void> {
    const { journal, options } = this.parts;
    clearInterval(this.heartbeat);
    this.watches.close();
    this.clients.close();
    this.workers.close();
    // What is being published is brought to its end, if that does not take too long: the next life would start it over.
    if (why === null)
      await withDeadline(
        this.committer.idle().then(() => this.loop.reached()),
        limits.shutdownMs / 2,
      );
    this.loop.stop();
    await this.listener.close(limits.shutdownMs / 4);
    journal.close();
    options.logger.info('the coordinator has ended');
    this.tellEnd(why);
  }

  /** Nothing more is decided; what is known is on disk or was never told to anybody. */
  private halt(error: Error): void {
    this.parts.options.logger.fatal({ err: error }, 'the coordinator cannot go on');
    this.stopping ??= this.shutDown(error);
  }

  private handlers(): CommandHandlers {
    const { logger } = this.parts.options;
    return {
      send: ({ session, message }) => this.workers.send(session, message),
      'end-session': ({ session, reason }) => this.workers.end(session, reason),
      'publish-outputs': ({ job, outputs }) => this.committer.publish(job, outputs),
      'abort-outputs': ({ job }) => this.committer.abort(job),
      'answer-cancel': ({ request, job, verdict }) => this.clients.answerCancel(request, job, verdict),
      'note-job': ({ job, note }) => {
        logger.info({ job, kind: note.kind, failure: note.failure }, note.text);
        this.watches.note(job, note);
      },
      'job-ended': ({ job, status }) => {
        logger.info({ job, state: status.state, error: status.error }, 'a job ended');
        this.watches.ended(status);
        void this.sweepBlobs();
      },
      'log-fenced': ({ session, what }) => logger.debug({ session, what }, 'fenced'),
    };
  }

  private async sweepBlobs(): Promise<void> {
    const { blobs, jobs, options } = this.parts;
    try {
      await blobs.sweep(sha256 => jobs.needsBlob(sha256), now() - limits.blobUnclaimedMs);
    } catch (error) {
      options.logger.warn({ err: error }, 'blobs that no job needs could not be removed');
    }
  }
}

async function withDeadline(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    work,
    new Promise<void>(resolve => {
      timer = setTimeout(resolve, ms);
    }),
  ]);
  clearTimeout(timer);
}
