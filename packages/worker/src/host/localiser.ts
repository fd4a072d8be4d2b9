// Brings the map outputs that a task reads to this machine. An output of the same machine is read where it lies, after its
// size and its header's ids were checked; of any other what the task reads is fetched into a copy in the job's
// folder, which all attempts share. What cannot be had ends in a failure that names the output. Checksums lie inside the
// blocks and are checked by whoever reads them.

import { setMaxListeners } from 'node:events';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AttemptId, type EdgeId, FailureError, type JobId, limits, type StageId } from '@sheaf/protocol';
import type { OutputLocation, OutputName } from '@sheaf/protocol/messages';
import type { LocatedOutputs } from '../agent/index.ts';
import type { ReadRange } from '../data/read-ranges.ts';
import { CorruptRun, runHeaderBytes } from '../data/run-format.ts';
import { type LocalOutputs, LocalOutputsBuilder } from '../executor/local-outputs.ts';
import type { FetchTransport, FetchWay } from './fetch-transport.ts';
import { FetchedOutput } from './fetched-output.ts';
import { checkHeader } from './output-ids.ts';
import { Rooms } from './rooms.ts';

export interface LocaliserOptions {
  /** This machine, as locations name it. */
  readonly machine: string;
  readonly transport: FetchTransport;
  /** The folder of a job for what is fetched. */
  readonly folderOf: (job: JobId) => string;
}

export interface LocaliseRequest {
  readonly job: JobId;
  readonly attempt: AttemptId;
  readonly outputs: { readonly [edge: EdgeId]: LocatedOutputs };
  /** Edges that are brought whole before anything else: they tell what is read of others. */
  readonly first?: ReadonlySet<EdgeId>;
  /** What is read of an edge's runs; null: all there is. Asked when the `first` ones are here, and only of what has to be fetched. */
  readonly readsOf: (edge: EdgeId, here: LocalSources) => ReadRange | null;
  /** The stage that writes an edge. */
  readonly producerOf: (edge: EdgeId) => StageId;
  /** The edge that its runs were written for: equal ones are fetched once. */
  readonly runOf: (edge: EdgeId) => EdgeId;
}

export interface LocalSources {
  readonly [edge: EdgeId]: LocalOutputs;
}

/** What of a job is here, or on its way. */
interface JobCopies {
  readonly outputs: Map<string, FetchedOutput>;
  /** What its attempts wait for, each until it is aborted. */
  readonly waiting: Map<AttemptId, AbortController>;
  /** How often outputs were released. */
  releases: number;
  readonly fetched: { [Way in FetchWay]: number };
}

/** How many bytes came to this machine, by the way they came. */
export type FetchedBytes = { readonly [Way in FetchWay]: number };

export class Localiser {
  private readonly options: LocaliserOptions;
  private readonly jobs = new Map<JobId, JobCopies>();
  private readonly fetches = new Rooms(limits.fetchesInFlightMax);
  private readonly checks = new Rooms(limits.outputChecksInFlightMax);

  constructor(options: LocaliserOptions) {
    this.options = options;
  }

  /** The paths of all outputs, in task order. Rejects with FailureError. */
  async localise(request: LocaliseRequest): Promise<LocalSources> {
    const { job, attempt } = request;
    const copies = this.jobs.get(job) ?? { outputs: new Map(), waiting: new Map(), releases: 0, fetched: { direct: 0, relayed: 0 } };
    this.jobs.set(job, copies);
    const abort = new AbortController();
    const { signal } = abort;
    // Every output listens to it.
    setMaxListeners(0, signal);
    copies.waiting.set(attempt, abort);
    const sources: { [edge: EdgeId]: LocalOutputs } = {};
    try {
      const bring = async (edge: EdgeId, reads: () => ReadRange | null): Promise<void> => {
        const locations: LocatedOutputs = request.outputs[edge] ?? [];
        const { packs, count } = await this.packsHere(locations, signal);
        const here = new LocalOutputsBuilder(count);
        const brought: Promise<void>[] = [];
        let looked = 0;
        for (const location of locations) {
          const { task, attempt, path, at, bytes } = location;
          const i = looked++;
          // Whoever reads it checks the ids in its header.
          if (at !== undefined && at + bytes <= (packs.get(path) ?? 0)) here.set(i, { task, attempt, path, at, bytes });
          else {
            const bringing = this.bring(request, { edge, reads, location, copies, signal });
            const set = bringing.then(path => here.set(i, { task, attempt, path }));
            // Heard below, when all have begun.
            set.catch(() => undefined);
            brought.push(set);
          }
          if (looked % limits.outputsPerTurnMax === 0) await nextTurn();
        }
        await Promise.all(brought);
        sources[edge] = here.outputs;
      };
      const edges = Object.keys(request.outputs).map(Number);
      const isFirst = (edge: EdgeId): boolean => request.first?.has(edge) === true;
      await Promise.all(edges.filter(isFirst).map(edge => bring(edge, () => null)));
      await Promise.all(
        edges
          .filter(edge => !isFirst(edge))
          .map(edge =>
            bring(
              edge,
              once(() => request.readsOf(edge, sources)),
            ),
          ),
      );
      return sources;
    } finally {
      // After a failure nobody waits for the rest.
      abort.abort(new Error('another output cannot be had'));
      if (copies.waiting.get(attempt) === abort) copies.waiting.delete(attempt);
    }
  }

  /** This attempt waits no longer; what nobody else waits for is given up. */
  stop(attempt: AttemptId): void {
    for (const { waiting } of this.jobs.values()) waiting.get(attempt)?.abort(new Error('nobody waits for it any more'));
  }

  /** Deletes what is here of outputs that nobody needs any more. */
  async release(job: JobId, isReleased: (edge: EdgeId, attempt: AttemptId) => boolean): Promise<void> {
    const copies = this.jobs.get(job);
    if (copies === undefined) return;
    copies.releases++;
    const released = [...copies.outputs].filter(([, { output }]) => isReleased(output.edge, output.attempt));
    for (const [name] of released) copies.outputs.delete(name);
    await Promise.all(released.map(([, output]) => output.delete()));
  }

  /** Gives up what is on its way for a job. Its folder may be deleted when this has resolved. Gives how many bytes were fetched for it. */
  async closeJob(job: JobId): Promise<FetchedBytes> {
    const copies = this.jobs.get(job);
    if (copies === undefined) return { direct: 0, relayed: 0 };
    this.jobs.delete(job);
    for (const abort of copies.waiting.values()) abort.abort(new Error('the job is closed'));
    await Promise.all([...copies.outputs.values()].map(output => output.close()));
    return copies.fetched;
  }

  async close(): Promise<void> {
    await Promise.all([...this.jobs.keys()].map(job => this.closeJob(job)));
  }

  private async bring(request: LocaliseRequest, { edge, reads, location, copies, signal }: Wanted): Promise<string> {
    const { job, producerOf, runOf } = request;
    const { task, attempt, path, bytes, worker, address } = location;
    const output = { job, edge: runOf(edge), task, attempt };
    try {
      // What lies elsewhere may go at any time, and is looked at anew for each attempt.
      if (location.host === this.options.machine && location.at === undefined && (await this.isAt(path, { output, bytes, signal })))
        return path;
      const copy = this.copyOf(copies, output, bytes);
      await copy.bring({ owner: { worker, address }, reads: reads(), signal });
      return copy.path;
    } catch (error) {
      throw failureOf(error, location, producerOf(edge));
    }
  }

  /** How many outputs there are, and the sizes of the packs that lie on this machine, looked at anew for each attempt. */
  private async packsHere(
    locations: LocatedOutputs,
    signal: AbortSignal,
  ): Promise<{ readonly packs: ReadonlyMap<string, number>; readonly count: number }> {
    const paths = new Set<string>();
    let count = 0;
    for (const { host, path, at } of locations) {
      if (at !== undefined && host === this.options.machine) paths.add(path);
      count++;
      if (count % limits.outputsPerTurnMax === 0) await nextTurn();
    }
    const sizes = new Map<string, number>();
    const look = async (path: string): Promise<void> => {
      const found = await stat(path).catch(() => null);
      if (found !== null) sizes.set(path, found.size);
    };
    await Promise.all([...paths].map(path => this.checks.within(signal, () => look(path))));
    return { packs: sizes, count };
  }

  private copyOf(copies: JobCopies, output: OutputName, bytes: number): FetchedOutput {
    const { job, edge, task, attempt } = output;
    const name = `${edge}-${task}-${attempt}`;
    const known = copies.outputs.get(name);
    if (known !== undefined) return known;
    const copy = new FetchedOutput({
      ...{ transport: this.options.transport, fetches: this.fetches, checks: this.checks, output, bytes },
      // An older copy of the same output may be on its way out.
      path: join(this.options.folderOf(job), copies.releases === 0 ? `${name}.run` : `${name}-${copies.releases}.run`),
      received: (count, way) => {
        copies.fetched[way] += count;
      },
    });
    copies.outputs.set(name, copy);
    return copy;
  }

  /** Whether the file is there, has its size, and says in its header that it is this output. */
  private isAt(path: string, { output, bytes, signal }: Expected): Promise<boolean> {
    return this.checks.within(signal, async () => {
      let file: FileHandle;
      try {
        file = await open(path, 'r');
      } catch {
        return false;
      }
      try {
        if ((await file.stat()).size !== bytes) return false;
        checkHeader(path, (await file.read({ buffer: Buffer.alloc(runHeaderBytes), position: 0 })).buffer, output);
        return true;
      } catch {
        return false;
      } finally {
        await file.close();
      }
    });
  }
}

/** All outputs of an edge have the same answer. */
function once<Answer>(ask: () => Answer): () => Answer {
  let answered: { readonly answer: Answer } | null = null;
  return () => {
    answered ??= { answer: ask() };
    return answered.answer;
  };
}

interface Wanted {
  readonly edge: EdgeId;
  readonly reads: () => ReadRange | null;
  readonly location: OutputLocation;
  readonly copies: JobCopies;
  readonly signal: AbortSignal;
}

interface Expected {
  readonly output: OutputName;
  readonly bytes: number;
  readonly signal: AbortSignal;
}

function failureOf(error: unknown, { task, attempt, worker, address }: OutputLocation, stage: StageId): FailureError {
  if (isDiskError(error)) return new FailureError({ code: 'E_DISK', message: `a map output cannot be stored here: ${textOf(error)}` });
  const code = error instanceof CorruptRun ? 'E_CORRUPT' : 'E_MAP_OUTPUT_LOST';
  const message = `the output of task ${task} of stage ${stage} (attempt ${attempt}) cannot be had from ${address ?? worker}: ${textOf(error)}`;
  return new FailureError({ code, message, lost: { stage, task, attempt } }, { cause: error });
}

function isDiskError(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS' || code === 'EIO' || code === 'EMFILE';
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
