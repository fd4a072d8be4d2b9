// Brings the map outputs that a task reads to this machine. An output of the same machine is read where it lies, after its
// size and its header's ids were checked; any other is fetched into the job's folder. Each output is brought once, for all
// attempts that wait for it, and given up when none waits any more. What cannot be had ends in E_MAP_OUTPUT_LOST, which
// names the output. Checksums lie inside the blocks and are checked by whoever reads them.

import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type AttemptId, type EdgeId, FailureError, type JobId, limits, type StageId } from '@sheaf/protocol';
import type { OutputLocation } from '@sheaf/protocol/messages';
import { decodeRunHeader, runHeaderBytes } from '../data/run-format.ts';
import type { LocalOutput } from '../executor/messages.ts';
import { fetchOutput } from './fetch-output.ts';
import type { HttpGet } from './http-get.ts';

export interface LocaliserOptions {
  /** This machine, as locations name it. */
  readonly machine: string;
  readonly get: HttpGet;
  /** The folder of a job for what is fetched. */
  readonly folderOf: (job: JobId) => string;
}

export interface LocaliseRequest {
  readonly job: JobId;
  readonly attempt: AttemptId;
  readonly outputs: { readonly [edge: EdgeId]: readonly OutputLocation[] };
  /** The stage that writes an edge. */
  readonly producerOf: (edge: EdgeId) => StageId;
}

export interface LocalSources {
  readonly [edge: EdgeId]: readonly LocalOutput[];
}

/** One output on its way here, or here. */
interface Arrival {
  readonly path: Promise<string>;
  /** Attempts that wait for it. */
  readonly waiting: Set<AttemptId>;
  /** Gives it up and forgets it. */
  readonly giveUp: (reason: string) => void;
}

export class Localiser {
  private readonly options: LocaliserOptions;
  private readonly arrivals = new Map<JobId, Map<string, Arrival>>();
  private readonly underway = new Set<Arrival>();
  private readonly queue: (() => void)[] = [];
  private inFlight = 0;

  constructor(options: LocaliserOptions) {
    this.options = options;
  }

  /** The paths of all outputs, in task order. Rejects with FailureError. */
  async localise(request: LocaliseRequest): Promise<LocalSources> {
    const sources: { [edge: EdgeId]: LocalOutput[] } = {};
    try {
      const all = Object.entries(request.outputs).map(async ([edge, locations]) => {
        const arrivals = locations.map(location => this.bring(request, Number(edge), location));
        const paths = await Promise.all(arrivals);
        sources[Number(edge)] = locations.map(({ task, attempt }, i) => ({ task, attempt, path: paths[i] ?? '' }));
      });
      await Promise.all(all);
      return sources;
    } finally {
      this.stop(request.attempt);
    }
  }

  /** This attempt waits no longer; what nobody else waits for is given up. */
  stop(attempt: AttemptId): void {
    for (const arrival of this.underway) {
      if (arrival.waiting.delete(attempt) && arrival.waiting.size === 0) arrival.giveUp('nobody waits for it any more');
    }
  }

  /** Gives up what is on its way for a job. Its folder may be deleted when this has resolved. */
  async closeJob(job: JobId): Promise<void> {
    const arrivals = [...(this.arrivals.get(job)?.values() ?? [])];
    this.arrivals.delete(job);
    for (const arrival of arrivals) arrival.giveUp('the job is closed');
    await Promise.allSettled(arrivals.map(arrival => arrival.path));
  }

  async close(): Promise<void> {
    await Promise.all([...this.arrivals.keys()].map(job => this.closeJob(job)));
  }

  private bring(request: LocaliseRequest, edge: EdgeId, location: OutputLocation): Promise<string> {
    const arrivals = this.arrivals.get(request.job) ?? new Map<string, Arrival>();
    this.arrivals.set(request.job, arrivals);
    const arrival = arrivals.get(keyOf(edge, location)) ?? this.start(request, edge, location);
    if (this.underway.has(arrival)) arrival.waiting.add(request.attempt);
    return arrival.path;
  }

  private start({ job, producerOf }: LocaliseRequest, edge: EdgeId, location: OutputLocation): Arrival {
    const abort = new AbortController();
    const arrivals = this.arrivals.get(job);
    const key = keyOf(edge, location);
    const forget = () => {
      if (arrivals?.get(key) === arrival) arrivals.delete(key);
    };
    const path = this.whenThereIsRoom(() => this.fetch({ job, edge, location, signal: abort.signal })).catch(error => {
      throw failureOf(error, location, producerOf(edge));
    });
    const arrival: Arrival = {
      path,
      waiting: new Set(),
      giveUp: reason => {
        forget();
        abort.abort(new Error(reason));
      },
    };
    arrivals?.set(key, arrival);
    this.underway.add(arrival);
    path
      .then(
        // What lies elsewhere may go at any time, and is looked at anew for each attempt.
        found => (found === location.path ? forget() : undefined),
        // What failed is forgotten, so that another attempt may try again.
        forget,
      )
      .finally(() => this.underway.delete(arrival));
    return arrival;
  }

  private async fetch({ job, edge, location, signal }: Fetch): Promise<string> {
    signal.throwIfAborted();
    const { task, attempt, bytes, address } = location;
    const name = { job, edge, task, attempt, bytes };
    if (location.host === this.options.machine && (await isOutput(location.path, name))) return location.path;
    const folder = this.options.folderOf(job);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const path = join(folder, `${edge}-${task}-${attempt}.run`);
    await fetchOutput({ get: this.options.get, address, output: { ...name, path }, signal });
    if (!(await isOutput(path, name))) throw new Error('what came is another output');
    return path;
  }

  /** At most `fetchesInFlightMax` at once, in order of asking. */
  private async whenThereIsRoom<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.inFlight >= limits.fetchesInFlightMax) await new Promise<void>(resolve => this.queue.push(resolve));
    else this.inFlight++;
    try {
      return await work();
    } finally {
      const next = this.queue.shift();
      if (next === undefined) this.inFlight--;
      else next();
    }
  }
}

interface Fetch {
  readonly job: JobId;
  readonly edge: EdgeId;
  readonly location: OutputLocation;
  readonly signal: AbortSignal;
}

interface OutputIds {
  readonly job: JobId;
  readonly edge: EdgeId;
  readonly task: number;
  readonly attempt: AttemptId;
  readonly bytes: number;
}

/** Whether the file is there, has its size, and says in its header that it is this output. */
async function isOutput(path: string, expected: OutputIds): Promise<boolean> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return false;
  try {
    if ((await file.stat()).size !== expected.bytes) return false;
    const { buffer } = await file.read({ buffer: Buffer.alloc(runHeaderBytes), position: 0 });
    const ids = decodeRunHeader(path, buffer);
    return ids.job === expected.job && ids.edge === expected.edge && ids.task === expected.task && ids.attempt === expected.attempt;
  } catch {
    return false;
  } finally {
    await file.close();
  }
}

function keyOf(edge: EdgeId, { task, attempt }: OutputLocation): string {
  return `${edge}/${task}/${attempt}`;
}

function failureOf(error: unknown, { task, attempt, address }: OutputLocation, stage: StageId): FailureError {
  if (isDiskError(error)) return new FailureError({ code: 'E_DISK', message: `a map output cannot be stored here: ${textOf(error)}` });
  const message = `the output of task ${task} of stage ${stage} (attempt ${attempt}) cannot be had from ${address}: ${textOf(error)}`;
  return new FailureError({ code: 'E_MAP_OUTPUT_LOST', message, lost: { stage, task, attempt } }, { cause: error });
}

function isDiskError(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS' || code === 'EIO' || code === 'EMFILE';
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}
