// A worker: its directory, its map outputs and the ways to them, its executors and its agent, put together and taken apart in order.
// It ends when it is closed, when the coordinator drains it, or when the coordinator does not take it; then no process,
// port or temporary file of it is left.

import { type AttemptId, limits, UsageError, type WorkerId } from '@sheaf/protocol';
import { protocolVersion } from '@sheaf/protocol/control-codec';
import { defaultSettings } from '@sheaf/protocol/graph';
import { outputPath, packPath } from '@sheaf/protocol/messages';
import type { Logger } from 'pino';
import { type AgentCommand, createAgent } from '../agent/index.ts';
import { AttemptLogs } from './attempt-logs.ts';
import { offerOf, openDirectory, packsMade, type WorkerDirectory } from './directory.ts';
import { ExecutorPool } from './executor-pool.ts';
import type { EarlyExecutor } from './executor-start.ts';
import { FetchRoutes } from './fetch-routes.ts';
import { HttpGet } from './http-get.ts';
import { HttpTransport } from './http-transport.ts';
import { JobStore } from './job-store.ts';
import { Localiser } from './localiser.ts';
import { machineName } from './machine.ts';
import { OutputTable } from './output-table.ts';
import { Packs } from './packs.ts';
import { PrintedLines, type PrintListener } from './printed-lines.ts';
import { RelayServer } from './relay-server.ts';
import { RelayTransport } from './relay-transport.ts';
import { Shell } from './shell.ts';
import { ShuffleServer } from './shuffle-server.ts';

export interface WorkerOptions {
  /** `ws://host:port` of the coordinator; the first executors start while it is waited for. */
  readonly coordinatorUrl: string | Promise<string>;
  /** Tasks that run at once. */
  readonly slots: number;
  /** Working directory: one living worker per directory. */
  readonly directory: string;
  /** JavaScript file that an executor process runs. */
  readonly executorPath: string;
  readonly logger: Logger;
  /** Of Sheaf, as the coordinator is told. */
  readonly version?: string;
  /** Shown to the coordinator, and asked by other workers. */
  readonly token?: string | null;
  /** Where the shuffle server listens. Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** The name under which other workers reach this one. Default: `host`. */
  readonly advertisedHost?: string;
  /** Listens on no port, so that it needs outgoing connections alone: other workers get its outputs through the coordinator. Default false. */
  readonly outboundOnly?: boolean;
  /** The machine: workers of equal names open each other's files. Default: host name and boot id. */
  readonly machine?: string;
  readonly labels?: readonly string[];
  /** Packs map outputs with lz4: for slow networks and disks. Default false. */
  readonly lz4?: boolean;
  /** The first executor, if it was started before the worker: of the same file, with the heap of a job that asks for none. */
  readonly early?: EarlyExecutor | undefined;
  /** Where the coordinator's blobs lie, on this machine: then they are copied, and not asked for. */
  readonly blobs?: string | undefined;
  /** Executors started before a job is known, at most one a slot. Default: `limits.blankExecutorsMax`. */
  readonly blanksMax?: number;
  /** It is there for one job: it starts no executors for others to come. Default false. */
  readonly forOneJob?: boolean;
  /** Told, within bounds, of what attempts print, as it comes. */
  readonly onPrinted?: PrintListener;
}

export type WorkerEnd = {
  /** `closed` by `close`, `drained` by the coordinator, `refused` by the coordinator. */
  readonly reason: 'closed' | 'drained' | 'refused';
  readonly message: string;
};

export interface RunningWorker {
  readonly id: WorkerId;
  /** `host:port` of the shuffle server; null: it has none. */
  readonly address: string | null;
  /** Resolves when the worker has ended, for whatever reason, and left nothing behind. */
  readonly ended: Promise<WorkerEnd>;
  /** Hands back what runs and ends, within `limits.shutdownMs`. */
  close(): Promise<void>;
}

/** Starts a worker, which connects to its coordinator for as long as it lives. Throws UsageError for options that cannot be. */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  checkOptions(options);
  const { token = null, host = '127.0.0.1', port = 0, advertisedHost = host, outboundOnly = false } = options;
  // Asks another process, which answers while the directory is opened.
  const usesSetpriv = ExecutorPool.canUseSetpriv();
  const directory = await openDirectory(options.directory);
  const served = new OutputTable();
  serveHeld(served, directory);
  let server: ShuffleServer | null;
  try {
    server = outboundOnly ? null : await ShuffleServer.start({ host, port, advertisedHost, token, outputs: served });
  } catch (error) {
    await directory.release();
    throw error;
  }
  const worker = new Worker({ options, directory, served, server, token, usesSetpriv: await usesSetpriv });
  return { id: directory.worker, address: server?.address ?? null, ended: worker.ended, close: () => worker.close() };
}

interface WorkerParts {
  readonly options: WorkerOptions;
  readonly directory: WorkerDirectory;
  readonly served: OutputTable;
  readonly server: ShuffleServer | null;
  readonly token: string | null;
  readonly usesSetpriv: boolean;
}

class Worker {
  readonly ended: Promise<WorkerEnd>;
  private readonly parts: WorkerParts;
  private readonly shell: Shell;
  private readonly get: HttpGet;
  private readonly logs: AttemptLogs;
  private end: (end: WorkerEnd) => void = () => undefined;
  private drained: () => void = () => undefined;
  private closing: Promise<void> | null = null;

  constructor(parts: WorkerParts) {
    const { options, directory, served, token, usesSetpriv } = parts;
    const { logger, coordinatorUrl, executorPath, machine = machineName(), onPrinted } = options;
    this.parts = parts;
    this.ended = new Promise(resolve => {
      this.end = resolve;
    });
    this.get = new HttpGet({ token, connectionsMax: limits.fetchesInFlightMax });
    this.logs = new AttemptLogs(directory.logs, { printed: onPrinted === undefined ? null : new PrintedLines(onPrinted) });
    const warmUpFolder = options.forOneJob === true ? undefined : directory.jobs;
    const jobs = new JobStore({ directory: directory.jobs, coordinatorUrl, get: this.get, blobs: options.blobs });
    const relay = new RelayTransport();
    const transport = new FetchRoutes({ direct: new HttpTransport(this.get), relay, logger });
    const localiser = new Localiser({ machine, transport, folderOf: job => `${jobs.folderOf(job)}/fetched` });
    const agent = createAgent(this.describe(machine), directory.held.map(offerOf));
    this.shell = new Shell(
      {
        ...{ agent, coordinatorUrl, token, outputs: directory.outputs, logs: this.logs, jobs, localiser, logger },
        ...{ served, packs: packsOf(directory), relay, relayServer: new RelayServer(served) },
        codec: options.lz4 === true ? 'lz4' : 'raw',
        onEnd: command => this.agentEnded(command),
      },
      eventsOf => new ExecutorPool({ executorPath, logger, eventsOf, usesSetpriv, early: options.early, warmUpFolder }),
    );
    this.shell.tell({ type: 'started' });
  }

  close(): Promise<void> {
    this.closing ??= this.drainAndTakeApart();
    return this.closing;
  }

  private describe(machine: string) {
    const { options, directory, server } = this.parts;
    const { slots, labels = [], version = 'unknown' } = options;
    const blanksMax = Math.min(slots, options.blanksMax ?? limits.blankExecutorsMax);
    return {
      ...{ worker: directory.worker, protocol: protocolVersion, version, host: machine, pid: process.pid, slots, labels },
      ...{ address: server?.address ?? null, directory: directory.outputs, blankHeapMb: defaultSettings.heapMb, blanksMax },
      forOneJob: options.forOneJob === true,
    };
  }

  private async drainAndTakeApart(): Promise<void> {
    const drained = new Promise<void>(resolve => {
      this.drained = resolve;
    });
    const deadline = setTimeout(() => this.drained(), limits.drainMs);
    this.shell.tell({ type: 'drain-requested' });
    await drained;
    clearTimeout(deadline);
    await this.takeApart({ reason: 'closed', message: 'the worker was closed' });
  }

  /** The agent has nothing left to do: by itself, or because it was asked to end. */
  private agentEnded({ reason, message }: Extract<AgentCommand, { type: 'end' }>): void {
    this.drained();
    this.closing ??= this.takeApart({ reason, message });
  }

  private async takeApart(end: WorkerEnd): Promise<void> {
    const { server, directory } = this.parts;
    await this.shell.close();
    this.get.close();
    await server?.close();
    this.logs.close();
    await directory.release();
    this.end(end);
  }
}

function checkOptions({ coordinatorUrl, slots }: WorkerOptions): void {
  if (typeof coordinatorUrl === 'string') checkUrl(coordinatorUrl);
  if (!Number.isInteger(slots) || slots < 1 || slots > limits.slotsMax) {
    throw new UsageError(`slots is a whole number from 1 to ${limits.slotsMax}, not ${slots}`);
  }
}

function checkUrl(coordinatorUrl: string): void {
  if (!/^wss?:\/\/[^/]+\/?$/.test(coordinatorUrl) || !URL.canParse(coordinatorUrl)) {
    throw new UsageError(`${JSON.stringify(coordinatorUrl)} is no coordinator: give ws://HOST:PORT`);
  }
}

function packsOf({ outputs, held }: WorkerDirectory): Packs {
  const packs = new Packs(outputs, packsMade(held));
  for (const { job, attempt, outputs: kept } of held) {
    for (const { packed } of kept) if (packed !== undefined) packs.keep(job, attempt, packed.pack);
  }
  return packs;
}

/** Outputs of an earlier life are served before the coordinator is told of them. */
function serveHeld(served: OutputTable, { held, outputs }: WorkerDirectory): void {
  for (const { job, task, attempt, outputs: kept } of held) {
    for (const { edge, bytes, packed } of kept) {
      const place =
        packed === undefined
          ? { path: outputPath(outputs, { job, attempt, edge }) }
          : { path: packPath(outputs, job, packed.pack), at: packed.at };
      served.add({ ...{ job, edge, task, attempt: attempt as AttemptId, bytes }, ...place });
    }
  }
}
