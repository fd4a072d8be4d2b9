// A cluster on this machine: one coordinator and some workers as processes of their own, in one directory that is gone after
// any end. They speak the same protocol over the same sockets as on a real cluster.

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { blobsFolder } from '@sheaf/coordinator/blobs-folder';
import { limits } from '@sheaf/protocol';
import type { PrintListener } from '@sheaf/worker';
import { type Member, type MemberEnd, MemberError, startMember } from './member.ts';
import { printReader } from './printed.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

export interface ClusterOptions {
  /** The command line's file: its commands `coordinator` and `worker` are the processes. */
  readonly cli: string;
  /** Default 1. */
  readonly workers?: number | undefined;
  /** Tasks at a time on each worker. Default: the machine's cores shared out among the workers, at least 1. */
  readonly slots?: number | undefined;
  /** It is there for many jobs, and gets ready for the next while it has none. Default: for one, beside which nothing else is to be done. */
  readonly standing?: boolean;
  /** Where the cluster's own directory is made. Default: the system's folder for temporary files. */
  readonly directory?: string | undefined;
  /** Told of what jobs print, within the bounds of each worker. */
  readonly onPrinted?: PrintListener | undefined;
}

export interface Cluster {
  /** `ws://127.0.0.1:PORT`, once the coordinator is ready. */
  readonly url: Promise<string>;
  readonly coordinator: Member;
  readonly workers: readonly Member[];
  /** Rejects with a MemberError when the cluster can do nothing more: its coordinator, or its last worker, has ended again and again. */
  readonly broken: Promise<never>;
  /** Where everything of the cluster lies. */
  readonly directory: string;
  /** An existing folder for files of whoever uses the cluster; gone with it. */
  readonly scratch: string;
  /** Puts bytes where the coordinator keeps what was uploaded under their sha256, be it ready or not. */
  putBlob(sha256: string, content: Uint8Array): void;
  /** One worker more, ready. */
  addWorker(): Promise<Member>;
  /** Ends every process and removes the directory. May be called more than once. */
  stop(): Promise<void>;
  /** The same at once, without waiting for anything: for the last moment of this process. */
  stopNow(): void;
}

/** The numbers `startCluster` takes when none are given. */
export function clusterSize(options: Pick<ClusterOptions, 'workers' | 'slots'>): { readonly workers: number; readonly slots: number } {
  const workers = options.workers ?? 1;
  return { workers, slots: options.slots ?? Math.max(1, Math.floor(availableParallelism() / workers)) };
}

/** Starts the processes; they get ready while the caller does other things. */
export function startCluster(options: ClusterOptions): Cluster {
  return new SimulatedCluster(options);
}

class SimulatedCluster implements Cluster {
  readonly url: Promise<string>;
  readonly workers: Member[] = [];
  readonly broken: Promise<never>;
  readonly directory: string;
  readonly scratch: string;
  coordinator: Member;
  private readonly blobs: string;
  private readonly cli: string;
  private readonly slots: number;
  private readonly isStanding: boolean;
  private readonly onPrinted: PrintListener | undefined;
  /** Where the coordinator listens, once that is known. */
  private port: number | null = null;
  /** Of coordinators and last workers together. */
  private restartsLeft = 3;
  private stopping: Promise<void> | null = null;
  private readonly living = new Set<Member>();
  private readonly wereReady = new Set<Member>();
  private breakDown: (error: MemberError) => void = () => {};

  constructor(options: ClusterOptions) {
    const { workers, slots } = clusterSize(options);
    this.cli = options.cli;
    this.broken = new Promise((_, reject) => {
      this.breakDown = reject;
    });
    this.broken.catch(() => {});
    this.slots = slots;
    this.isStanding = options.standing === true;
    this.onPrinted = options.onPrinted;
    this.directory = makeTemporaryFolder('sheaf-run-', options.directory);
    // Inside the coordinator's folder, which it takes with it even when this process is killed.
    this.scratch = join(this.directory, 'coordinator', 'scratch');
    mkdirSync(this.scratch, { recursive: true });
    this.blobs = blobsFolder(join(this.directory, 'coordinator'));
    mkdirSync(this.blobs, { mode: 0o700 });
    let tellUrl = (_: Promise<string>): void => {};
    this.url = new Promise(resolve => {
      tellUrl = resolve;
    });
    this.url.catch(() => {});
    // A worker and its first executor, one after the other, take longer to get ready than the coordinator.
    this.startWorker();
    this.coordinator = this.startCoordinator(0);
    tellUrl(
      this.coordinator.ready.then(({ url = '' }) => {
        this.port = Number(new URL(url).port);
        return url;
      }),
    );
    for (let at = 1; at < workers; at += 1) this.startWorker();
  }

  /** The coordinator removes what lies there under any other name, so a blob is whole before it gets there. */
  putBlob(sha256: string, content: Uint8Array): void {
    const temporary = join(this.scratch, `blob-${sha256}`);
    writeFileSync(temporary, content, { mode: 0o600 });
    renameSync(temporary, join(this.blobs, sha256));
  }

  addWorker(): Promise<Member> {
    const worker = this.startWorker();
    return worker.ready.then(() => worker);
  }

  stop(): Promise<void> {
    this.stopping ??= this.stopAll();
    return this.stopping;
  }

  stopNow(): void {
    for (const member of [this.coordinator, ...this.workers]) member.kill('SIGKILL');
    this.removeDirectory();
  }

  private startCoordinator(port: number): Member {
    const stateDirectory = join(this.directory, 'coordinator');
    return this.startMember('coordinator', ['coordinator', '--state-dir', stateDirectory, '--port', String(port)]);
  }

  /** The worker starts at once, and reads the coordinator's address from its standard input when that is known. */
  private startWorker(): Member {
    const number = this.workers.length + 1;
    const directory = join(this.directory, `worker-${number}`);
    mkdirSync(directory);
    const worker = this.startMember(`worker ${number}`, [
      'worker',
      '--coordinator',
      '-',
      '--slots',
      String(this.slots),
      '--dir',
      directory,
      '--blobs',
      this.blobs,
      ...(this.isStanding ? ['--standing'] : []),
    ]);
    this.workers.push(worker);
    this.url.then(
      url => worker.tell(url),
      () => {},
    );
    return worker;
  }

  private startMember(name: string, [kind, ...options]: readonly [kind: string, ...options: string[]]): Member {
    const argumentsOfNode = [this.programOf(kind), kind, ...options, '--member', '--json'];
    const member = startMember({
      ...{ name, arguments: argumentsOfNode, environment: process.env, cwd: this.directory },
      ...(this.onPrinted === undefined ? {} : { onLine: printReader(this.onPrinted) }),
    });
    this.living.add(member);
    member.ready.then(
      () => this.wereReady.add(member),
      () => {},
    );
    void member.ended.then(end => this.memberEnded(member, end));
    return member;
  }

  /** Beside a bundled command lies a program for each kind of member, which starts sooner. */
  private programOf(kind: string): string {
    const program = join(dirname(this.cli), `${kind}-member.cjs`);
    return existsSync(program) ? program : this.cli;
  }

  private memberEnded(member: Member, { code, signal }: MemberEnd): void {
    if (this.stopping !== null) return;
    this.living.delete(member);
    const how = `${signal ?? `code ${code}`}`;
    const said = member.errors().trim();
    const because = said === '' ? '' : `\n${said}`;
    if (member === this.coordinator) {
      const error = new MemberError(`the coordinator ended with ${how}${because}`, signal);
      if (code === 0 || !this.startCoordinatorAgain()) this.breakDown(error);
    } else if (!this.workers.some(worker => this.living.has(worker))) {
      const error = new MemberError(`no worker is left: ${member.name} ended with ${how}${because}`, signal);
      if (code === 0 || !this.startWorkerAgain(member)) this.breakDown(error);
    }
  }

  /** As on a real cluster: its jobs go on, and nobody else would remove their staging. Whether it is started; not, when it never was ready. */
  private startCoordinatorAgain(): boolean {
    if (this.port === null || this.restartsLeft === 0) return false;
    this.restartsLeft -= 1;
    this.coordinator = this.startCoordinator(this.port);
    return true;
  }

  /** A run has one worker where nobody asks for more, and goes on without the one that was killed. */
  private startWorkerAgain(last: Member): boolean {
    if (!this.wereReady.has(last) || this.restartsLeft === 0) return false;
    this.restartsLeft -= 1;
    this.startWorker();
    return true;
  }

  private async stopAll(): Promise<void> {
    await Promise.all([this.coordinator, ...this.workers].map(member => member.stop(limits.shutdownMs)));
    this.removeDirectory();
  }

  private removeDirectory(): void {
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
