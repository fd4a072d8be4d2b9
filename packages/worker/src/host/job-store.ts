// What a worker has of each job: its bundle and blobs, fetched by hash from the coordinator once, under jobs/JOB/.
// A job is prepared when all of it is here, verified, and this worker has seen a file in every output folder that the
// coordinator wrote there; executors get paths only. Preparing and deleting one job never overlap.

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type EdgeId, FailureError, type JobId, limits, type StageId } from '@sheaf/protocol';
import { runOf, type StageGraph } from '@sheaf/protocol/graph';
import { type JobOpening, nameOfFileBlob } from '@sheaf/protocol/messages';
import type { JobSettings } from '../agent/index.ts';
import type { ExecutorJob } from '../executor/messages.ts';
import { HttpAnswer, type HttpGet } from './http-get.ts';

export interface PreparedJob {
  readonly executorJob: ExecutorJob;
  readonly settings: JobSettings;
  /** The stage that writes an edge. */
  readonly producerOf: (edge: EdgeId) => StageId;
  /** The edge that the runs of an edge were written for, which is in their headers: another one's where both carry the same. */
  readonly runOf: (edge: EdgeId) => EdgeId;
  /** Whether the small runs of a stage may share files: they are merged, nothing else looks into them, and each is of one edge. */
  readonly mayPack: (stage: StageId) => boolean;
  /** Whether the runs of an edge are cut into the partitions that assignments name. */
  readonly isPartitioned: (edge: EdgeId) => boolean;
  /** The edge with the keys that cut the runs of a range edge; null for any other edge. */
  readonly splittersOf: (edge: EdgeId) => EdgeId | null;
}

export interface JobStoreOptions {
  /** Folder of all jobs. */
  readonly directory: string;
  /** `ws://host:port`: the blobs are had over HTTP from there. */
  readonly coordinatorUrl: string | Promise<string>;
  readonly get: HttpGet;
  /** A folder of this machine in which they may lie, by their names. */
  readonly blobs?: string | undefined;
}

export class JobStore {
  private readonly options: JobStoreOptions;
  private readonly prepared = new Map<JobId, PreparedJob>();
  private readonly preparing = new Map<JobId, AbortController>();
  /** The end of what is being done with a job's folder. */
  private readonly turns = new Map<JobId, Promise<unknown>>();

  constructor(options: JobStoreOptions) {
    this.options = options;
  }

  get(job: JobId): PreparedJob | undefined {
    return this.prepared.get(job);
  }

  folderOf(job: JobId): string {
    return join(this.options.directory, job);
  }

  /** Rejects with FailureError when the job cannot run here; null when it was deleted meanwhile. */
  async prepare(opening: JobOpening): Promise<PreparedJob | null> {
    const { job } = opening;
    const abort = new AbortController();
    this.preparing.set(job, abort);
    try {
      const prepared = await this.inTurn(job, () => this.fetchAll(opening, abort.signal));
      if (abort.signal.aborted) return null;
      this.prepared.set(job, prepared);
      return prepared;
    } catch (error) {
      if (abort.signal.aborted) return null;
      throw error;
    } finally {
      if (this.preparing.get(job) === abort) this.preparing.delete(job);
    }
  }

  /** Gives up preparing, waits for `before`, and deletes the job's folder. */
  async delete(job: JobId, before: () => Promise<void>): Promise<void> {
    this.preparing.get(job)?.abort();
    this.prepared.delete(job);
    await this.inTurn(job, async () => {
      await before();
      await rm(this.folderOf(job), { recursive: true, force: true, maxRetries: 3 });
    });
  }

  async close(): Promise<void> {
    for (const abort of this.preparing.values()) abort.abort();
    await Promise.allSettled(this.turns.values());
  }

  private inTurn<Result>(job: JobId, work: () => Promise<Result>): Promise<Result> {
    const before = this.turns.get(job) ?? Promise.resolve();
    const turn = before.then(work, work);
    const settled = turn
      .catch(() => undefined)
      .then(() => {
        if (this.turns.get(job) === settled) this.turns.delete(job);
      });
    this.turns.set(job, settled);
    return turn;
  }

  private async fetchAll(opening: JobOpening, signal: AbortSignal): Promise<PreparedJob> {
    const graph = JSON.parse(opening.graph) as StageGraph;
    const folder = this.folderOf(opening.job);
    const bundlePath = join(folder, 'bundle.mjs');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const fetches = [this.fetchBlob({ sha256: opening.bundle, path: bundlePath, bytesMax: limits.bundleBytesMax, signal })];
    if (opening.sourceMap !== null) {
      const map = { sha256: opening.sourceMap, path: `${bundlePath}.map`, bytesMax: limits.bundleBytesMax, signal };
      fetches.push(this.fetchBlob(map));
    }
    const { spools, files, paths } = placesOf(opening.blobs, folder);
    if (Object.keys(files).length > 0) await mkdir(join(folder, 'files'), { recursive: true, mode: 0o700 });
    for (const [path, sha256] of paths) fetches.push(this.fetchBlob({ sha256, path, bytesMax: limits.itemsSpoolBytesMax, signal }));
    for (const nonce of opening.nonces) fetches.push(checkNonce(nonce, signal));
    const outcomes = await Promise.allSettled(fetches);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    const { job, name, graphHash, params } = opening;
    return {
      executorJob: { job, name, bundlePath, graph: opening.graph, graphHash, params, spools, files },
      settings: { heapMb: graph.settings.heapMb, taskTimeoutMs: graph.settings.taskTimeoutMs },
      producerOf: edge => graph.edges[edge]?.from ?? 0,
      runOf: edge => runOf(graph, edge),
      mayPack: stage => {
        const leaving = graph.edges.flatMap((edge, id) => (edge.from === stage ? [{ edge, id }] : []));
        const isAlone = (id: EdgeId): boolean => leaving.every(other => other.id === id || runOf(graph, other.id) !== id);
        const isMerged = ({ edge, id }: (typeof leaving)[number]): boolean =>
          edge.type === 'shuffle' && edge.shuffle.partitioner.type !== 'range' && runOf(graph, id) === id && isAlone(id);
        return leaving.length > 0 && leaving.every(isMerged);
      },
      isPartitioned: edge => {
        const definition = graph.edges[edge];
        return definition?.type === 'shuffle' && definition.shuffle.partitioner.type !== 'range';
      },
      splittersOf: edge => {
        const definition = graph.edges[edge];
        const partitioner = definition?.type === 'shuffle' ? definition.shuffle.partitioner : null;
        return partitioner?.type === 'range' ? partitioner.splitters : null;
      },
    };
  }

  private async fetchBlob(blob: BlobFetch): Promise<void> {
    if (await this.copied(blob)) return;
    for (let failures = 0; ; ) {
      try {
        await this.fetchOnce(blob);
        return;
      } catch (error) {
        failures++;
        blob.signal.throwIfAborted();
        const final = error instanceof HttpAnswer && error.status < 500;
        if (final || failures >= limits.fetchAttemptsMax) throw blobFailure(error, blob.sha256);
        await delay(limits.fetchRetryDelayMs * 2 ** failures, undefined, { signal: blob.signal });
      }
    }
  }

  /** Whether it lies on this machine and is what its name says. What is large would not be held in memory, and is fetched. */
  private async copied({ sha256, path, bytesMax }: BlobFetch): Promise<boolean> {
    const { blobs } = this.options;
    if (blobs === undefined || bytesMax > limits.bundleBytesMax) return false;
    const bytes = await readFile(join(blobs, sha256)).catch(() => null);
    if (bytes === null || createHash('sha256').update(bytes).digest('hex') !== sha256) return false;
    await writeFile(`${path}.partial`, bytes, { mode: 0o600 });
    await rename(`${path}.partial`, path);
    return true;
  }

  private async fetchOnce({ sha256, path, bytesMax, signal }: BlobFetch): Promise<void> {
    const hash = createHash('sha256');
    let bytes = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _, done) {
        bytes += chunk.length;
        hash.update(chunk);
        done(bytes > bytesMax ? new Error(`it is larger than ${bytesMax} bytes`) : null, chunk);
      },
    });
    const coordinator = (await this.options.coordinatorUrl).replace(/^ws/, 'http');
    const response = await this.options.get.open(new URL(`/blobs/${sha256}`, coordinator), signal);
    const partial = `${path}.partial`;
    await pipeline(response, measure, createWriteStream(partial, { mode: 0o600 }));
    if (hash.digest('hex') !== sha256) throw new Error('its contents are not what its name says');
    await rename(partial, path);
  }
}

interface Places {
  /** By the names that the job knows them by. */
  readonly spools: { [stageInput: string]: string };
  readonly files: { [name: string]: string };
  /** Path → sha256. */
  readonly paths: Map<string, string>;
}

/** Where the blobs of a job lie: spools under their hashes, files under their names, which code that opens one may look at. */
function placesOf(blobs: JobOpening['blobs'], folder: string): Places {
  const places: Places = { spools: {}, files: {}, paths: new Map() };
  for (const [blob, sha256] of Object.entries(blobs)) {
    const file = nameOfFileBlob(blob);
    const path = file === null ? join(folder, sha256) : join(folder, 'files', basename(file));
    places.paths.set(path, sha256);
    if (file === null) places.spools[blob] = path;
    else places.files[file] = path;
  }
  return places;
}

interface BlobFetch {
  readonly sha256: string;
  readonly path: string;
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

/** Shared storage may be slow to show a new file or its contents, so what is missing is looked for again for a while. */
async function checkNonce({ path, text }: { readonly path: string; readonly text: string }, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + limits.nonceWaitMs;
  for (;;) {
    const found = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => error);
    if (found === text) return;
    const mayCome = typeof found === 'string' ? text.startsWith(found) : found.code === 'ENOENT';
    if (!mayCome || performance.now() >= deadline) {
      const what = typeof found === 'string' ? 'another file lies there' : found.message;
      const message = `this worker does not see what the coordinator wrote to ${path} (${what}): the output folder must be on storage that all of them share`;
      throw new FailureError({ code: 'E_STORAGE_NOT_SHARED', message });
    }
    await delay(limits.fetchRetryDelayMs, undefined, { signal });
  }
}

function blobFailure(error: unknown, sha256: string): FailureError {
  const text = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EROFS') {
    return new FailureError({ code: 'E_DISK', message: `a part of the job cannot be stored on this worker: ${text}` });
  }
  return new FailureError({ code: 'E_INTERNAL', message: `the part ${sha256.slice(0, 12)} of the job cannot be fetched: ${text}` });
}
