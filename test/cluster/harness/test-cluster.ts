// A cluster of real processes in a temporary folder: a coordinator on a port of its own and workers on directories of their
// own, as on a real cluster, and all that a test does to them. Whatever a test leaves is found by `stop`.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobStatus } from '@sheaf/protocol/messages';
import { ensureBundle } from '../../../packages/sheaf/build/ensure-bundle.mjs';
import { Command } from './command.ts';
import { Gates } from './gates.ts';
import { isAlive } from './process-table.ts';
import { type ProcessEnd, SheafProcess } from './sheaf-process.ts';
import { waitUntil } from './wait-until.ts';

export interface WorkerOptions {
  readonly slots?: number;
  /** Workers of other machines fetch outputs, instead of opening them by path. Default: all on one. */
  readonly machine?: string;
  /** Packs its map outputs. */
  readonly lz4?: boolean;
  /** Further arguments of its command line. */
  readonly args?: readonly string[];
  /** Default: one of its own. */
  readonly directory?: string;
  /** Where it thinks the coordinator is. Default: where it is. */
  readonly url?: string;
}

export interface ClusterOptions {
  /** Default: one with one slot. */
  readonly workers?: readonly WorkerOptions[];
  /** A secret for all. */
  readonly token?: string | null;
}

export interface TestWorker {
  readonly id: string;
  readonly directory: string;
  readonly options: WorkerOptions;
  readonly process: SheafProcess;
}

/** What the coordinator says of a worker. */
export interface WorkerAnswer {
  readonly id: string;
  readonly state: 'connected' | 'draining' | 'away' | 'lost';
  readonly pid: number;
  readonly running: number;
}

const deadlineMs = 25_000;
/** A server that is asked to end does so within 10 s. */
const endDeadlineMs = 12_000;

export class TestCluster {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'sheaf-test-'));
  gates: Gates = new Gates(join(this.folder, 'gates'));
  readonly workers: TestWorker[] = [];
  url = '';
  coordinator: SheafProcess | null = null;
  private readonly environment: NodeJS.ProcessEnv;
  private readonly cli: string;
  private readonly token: string | null;
  private readonly processes: SheafProcess[] = [];
  private readonly ports = new Set<number>();
  private directoriesMade = 0;

  private constructor(cli: string, token: string | null) {
    this.cli = cli;
    this.token = token;
    for (const name of ['tmp', 'state', 'out']) mkdirSync(join(this.folder, name));
    const { SHEAF_COORDINATOR: _, SHEAF_TOKEN_FILE: __, NODE_OPTIONS: ___, ...inherited } = process.env;
    this.environment = { ...inherited, TMPDIR: join(this.folder, 'tmp'), NO_COLOR: '1' };
    if (token === null) return;
    writeFileSync(join(this.folder, 'token'), `${token}\n`, { mode: 0o600 });
    this.environment.SHEAF_TOKEN_FILE = join(this.folder, 'token');
  }

  /** Only the folder, for commands that bring a cluster of their own. */
  static async empty(token: string | null = null): Promise<TestCluster> {
    const { cli } = await ensureBundle();
    return new TestCluster(cli, token);
  }

  /** Starts a coordinator and its workers; they are connected. */
  static async start({ workers = [{}], token = null }: ClusterOptions = {}): Promise<TestCluster> {
    const cluster = await TestCluster.empty(token);
    try {
      await cluster.startCoordinator(0);
      await cluster.addWorkers(workers);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Gates that nobody has passed yet, for the next job. */
  renewGates(): Gates {
    this.gates = new Gates(join(this.folder, `gates-${this.processes.length}`));
    return this.gates;
  }

  async killCoordinator(): Promise<void> {
    await this.coordinator?.kill();
  }

  /** A place for an output: its name in a folder that is searched for what is left. */
  output(name: string): string {
    return join(this.folder, 'out', name);
  }

  async addWorkers(options: readonly WorkerOptions[]): Promise<TestWorker[]> {
    const workers = await Promise.all(options.map(one => this.startWorker(one)));
    await this.until(`${workers.length} workers are connected`, async () => {
      const connected = (await this.workersKnown()).filter(({ state }) => state === 'connected');
      return workers.every(worker => connected.some(({ pid }) => pid === worker.process.pid));
    });
    return workers;
  }

  /** A worker anew on the directory of one that has ended. */
  async restartWorker(worker: TestWorker): Promise<TestWorker> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    const [restarted] = await this.addWorkers([{ ...worker.options, directory: worker.directory }]);
    return restarted!;
  }

  /** Asks a worker to end, and waits for it. */
  async stopWorker({ process }: TestWorker): Promise<void> {
    process.signal('SIGTERM');
    await process.ended;
  }

  /** A coordinator anew on the state and the port of one that has ended. */
  async restartCoordinator(): Promise<void> {
    await this.startCoordinator(Number(new URL(this.url).port));
  }

  /** The worker with that process id. */
  workerOf(pid: number): TestWorker {
    const worker = this.workers.find(one => one.process.pid === pid);
    if (worker === undefined) throw new Error(`no worker has process id ${pid}`);
    return worker;
  }

  /** The worker whose executor stands at a closed gate; waits for it. */
  async workerAtGate(gate: string): Promise<TestWorker> {
    return this.workerOf(await this.until(`a task comes to gate ${gate}`, () => this.gates.workerAt(gate)));
  }

  /** `sheaf submit --json` for a job file of jobs/, which may have gates. */
  submit(job: string, params: { readonly [name: string]: string }, ...options: readonly string[]): Command {
    return this.submitUngated(job, { ...params, gates: this.gates.folder }, ...options);
  }

  /** The same for a job without gates. */
  submitUngated(job: string, params: { readonly [name: string]: string }, ...options: readonly string[]): Command {
    return this.command('submit', jobFile(job), ...paramsOf(params), '--json', ...options);
  }

  /** Any command, told where the coordinator is. */
  command(...args: readonly string[]): Command {
    return this.commandWith({}, ...args);
  }

  /** The same with more in its environment, which its processes inherit. */
  commandWith(more: NodeJS.ProcessEnv, ...args: readonly string[]): Command {
    const environment = { ...this.environment, ...more, SHEAF_COORDINATOR: this.url };
    const command = new Command({ name: `sheaf ${args[0]}`, cli: this.cli, args, cwd: this.folder, environment });
    this.processes.push(command.process);
    return command;
  }

  /** Asks the coordinator over HTTP. */
  async ask<T>(path: string): Promise<T> {
    const headers = this.token === null ? {} : { authorization: `Bearer ${this.token}` };
    const response = await fetch(`${this.url.replace(/^ws/, 'http')}${path}`, { headers, signal: AbortSignal.timeout(5_000) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  status(job: string): Promise<JobStatus> {
    return this.ask(`/jobs/${job}`);
  }

  workersKnown(): Promise<readonly WorkerAnswer[]> {
    return this.ask('/workers');
  }

  until<T>(what: string, condition: () => T | Promise<T>) {
    return waitUntil({ what, condition, deadlineMs, describe: () => this.describe() });
  }

  /**
   * Ends every process in order and removes the folder. Gives what should not be there: processes that outlived their
   * parents, ports, temporary files, staging, what workers still have of jobs.
   */
  async stop(): Promise<string[]> {
    const left = [...(await this.endAll()), ...this.processesLeft(), ...(await this.portsLeft()), ...this.filesLeft()];
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
    return left;
  }

  private async startCoordinator(port: number): Promise<void> {
    const args = ['coordinator', '--state-dir', join(this.folder, 'state'), '--port', String(port), '--json'];
    this.coordinator = this.start('coordinator', args);
    const { url } = JSON.parse(await this.coordinator.firstLine()) as { url: string };
    this.url = url;
    this.ports.add(Number(new URL(url).port));
  }

  /** A worker, which may have nobody to connect to yet. */
  async startWorker(options: WorkerOptions): Promise<TestWorker> {
    this.directoriesMade++;
    const name = `worker ${this.directoriesMade}`;
    const { slots = 1, machine, lz4 = false, url = this.url, directory = join(this.folder, name.replace(' ', '-')) } = options;
    const args = ['worker', '--coordinator', url, '--slots', String(slots), '--dir', directory, '--json', ...(options.args ?? [])];
    if (lz4) args.push('--lz4');
    if (machine !== undefined) args.push('--machine', machine);
    const process = this.start(name, args);
    const { worker: id } = JSON.parse(await process.firstLine()) as { worker: string };
    const worker = { id, directory, options, process };
    this.workers.push(worker);
    return worker;
  }

  private start(name: string, args: readonly string[]): SheafProcess {
    const process = new SheafProcess({ name, cli: this.cli, args, cwd: this.folder, environment: this.environment });
    this.processes.push(process);
    return process;
  }

  /** Asks servers to end. Gives what is wrong with how they do: a server that was asked ends with 0, and all end in time. */
  private async endAll(): Promise<string[]> {
    const servers = [...this.workers.map(worker => worker.process), this.coordinator].filter(server => server?.isRunning === true);
    for (const server of servers) server?.signal('SIGTERM');
    const problems = await Promise.all(
      this.processes.map(async one => {
        const end = await endWithin(one, endDeadlineMs);
        const said = `\n${one.stderr.slice(-2_000)}`;
        if (end === null) return [`${one.name} did not end${said}`];
        return servers.includes(one) && end.code !== 0 ? [`${one.name} ended with ${end.signal ?? end.code}${said}`] : [];
      }),
    );
    return problems.flat();
  }

  private processesLeft(): string[] {
    const alive = this.processes.flatMap(one => one.seen().filter(isAlive));
    for (const { pid } of alive) process.kill(pid, 'SIGKILL');
    return alive.map(({ pid, command }) => `process ${pid}: ${command}`);
  }

  private async portsLeft(): Promise<string[]> {
    const open = await Promise.all([...this.ports].map(async port => ((await isOpen(port)) ? [`port ${port}`] : [])));
    return open.flat();
  }

  /** A worker that was killed for good leaves its directory as it was; every other one leaves nothing of ended jobs. */
  private filesLeft(): string[] {
    const inWork = this.workers.flatMap(({ directory, process }) => {
      if (process.wasKilled) return [];
      return readdirSync(directory, { recursive: true, encoding: 'utf8' })
        .filter(path => path !== 'worker.json')
        .map(path => join(directory, path));
    });
    const temporary = readdirSync(join(this.folder, 'tmp')).map(name => join('tmp', name));
    const staging = readdirSync(join(this.folder, 'out')).filter(name => name.startsWith('.'));
    return [...inWork, ...temporary, ...staging].map(path => `file ${path}`);
  }

  /** The state of things, for the message of a test that waited in vain. */
  private async describe(): Promise<string> {
    const asked = async (path: string): Promise<string> => JSON.stringify(await this.ask(path).catch(String), null, 1);
    const processes = this.processes.map(({ name, isRunning, stderr }) => {
      return `--- ${name}, ${isRunning ? 'runs' : 'has ended'}\n${stderr.slice(-3_000)}`;
    });
    const arrivals = JSON.stringify(this.gates.arrivals());
    return [`jobs ${await asked('/jobs')}`, `workers ${await asked('/workers')}`, `arrivals ${arrivals}`, ...processes].join('\n');
  }
}

/** A job file of jobs/, by its name. */
export function jobFile(name: string): string {
  const path = new URL(`../jobs/${name}.ts`, import.meta.url).pathname;
  if (!existsSync(path)) throw new Error(`there is no job file ${path}`);
  return path;
}

export function paramsOf(params: { readonly [name: string]: string }): string[] {
  return Object.entries(params).flatMap(([name, value]) => ['-p', `${name}=${value}`]);
}

/** How it ended; null when it had to be killed. */
async function endWithin(process: SheafProcess, ms: number): Promise<ProcessEnd | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>(resolve => {
    timer = setTimeout(() => resolve(null), ms);
  });
  const end = await Promise.race([process.ended, late]);
  clearTimeout(timer);
  if (end === null) await process.kill();
  return end;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
