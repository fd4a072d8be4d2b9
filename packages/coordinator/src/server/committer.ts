// The output folders of a job on their way: prepared when it is submitted, published or aborted when it ends. Every step may be
// asked for again after a restart and goes on where the last one stopped, so each keeps to what the journal says of the job.

import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Failure, FailureError, type JobId, limits, type OutputId } from '@sheaf/protocol';
import type { OutputPart } from '@sheaf/protocol/messages';
import { checkOutput, checkOverlap, FileCommitter, manifestName, type PartToken, readManifest } from '@sheaf/storage';
import type { Logger } from 'pino';
import type { JobFacts, PartsOfOutput } from '../scheduler/index.ts';
import type { LiveJobs } from './live-jobs.ts';
import type { Told } from './loop.ts';

export interface OutputsToPrepare {
  readonly job: JobId;
  readonly name: string;
  readonly overwrite: boolean;
  /** Absolute. */
  readonly folders: ReadonlyMap<OutputId, string>;
  /** Paths of all input files: no output may hold one. */
  readonly inputs: Iterable<string>;
  /** The submitter's working directory, which no output may replace. */
  readonly cwd: string;
}

export interface PreparedOutputs {
  readonly staging: { readonly [output: OutputId]: string };
  readonly nonces: readonly { readonly path: string; readonly text: string }[];
}

/** Checks all outputs and makes their staging folders, or none. Throws UsageError or FailureError. */
export async function prepareOutputs({ job, name, overwrite, folders, inputs, cwd }: OutputsToPrepare): Promise<PreparedOutputs> {
  await checkOverlap(inputs, [...folders.values()]);
  const staging: { [output: OutputId]: string } = {};
  const nonces: { readonly path: string; readonly text: string }[] = [];
  const made: FileCommitter[] = [];
  try {
    for (const [id, folder] of folders) {
      await checkOutput(folder, { overwrite, cwd });
      const committer = new FileCommitter({ folder, job, name, overwrite });
      const { path, nonce } = await committer.prepare();
      made.push(committer);
      staging[id] = path;
      nonces.push(nonce);
    }
  } catch (error) {
    for (const committer of made.reverse()) await committer.abort();
    throw error;
  }
  return { staging, nonces };
}

/** What is known of a job's outputs once they are prepared. */
export type PreparedJob = Pick<JobFacts, 'id' | 'name' | 'overwrite' | 'output'>;

/** Puts the outputs of a job in their places; may be asked for again, with the same parts. */
export async function publishOutputs(
  facts: PreparedJob,
  outputs: readonly PartsOfOutput[],
  counters: { readonly [name: string]: number },
): Promise<void> {
  await mustBeFree(facts);
  const partsOf = new Map(outputs.map(({ output, parts }) => [output, parts]));
  for (const [id, committer] of committersOf(facts).entries()) {
    await patiently(() => committer.publish(tokensOf(partsOf.get(id) ?? []), counters));
  }
}

/** Several outputs commit together: none is put in its place while another's is taken by someone else. */
async function mustBeFree({ id, overwrite, output }: PreparedJob): Promise<void> {
  if (overwrite || output.length < 2) return;
  for (const folder of output) {
    const isThere = await access(folder).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    const manifest = readManifest(await readFile(join(folder, manifestName), 'utf8').catch(() => ''));
    if (manifest?.job === id) continue;
    const message = `${folder}: the output has come into being while the job ran; it is kept, and all outputs of the job are given up`;
    throw new FailureError({ code: 'E_OUTPUT_EXISTS', message });
  }
}

/** Removes the staging of a job, the last prepared first. */
export async function abortOutputs(facts: PreparedJob): Promise<void> {
  for (const committer of committersOf(facts).reverse()) await committer.abort();
}

export interface CommitterOptions {
  readonly jobs: LiveJobs;
  readonly logger: Logger;
  /** Counters for the manifest. */
  readonly countersOf: (job: JobId) => { readonly [name: string]: number };
  readonly tell: (event: Told) => void;
}

/** Carries out the scheduler's commands about outputs; each ends in an event. */
export class Committer {
  private readonly options: CommitterOptions;
  private readonly underWay = new Set<Promise<void>>();

  constructor(options: CommitterOptions) {
    this.options = options;
  }

  publish(job: JobId, outputs: readonly PartsOfOutput[]): void {
    this.track(this.publishAll(job, outputs));
  }

  abort(job: JobId): void {
    this.track(this.abortAll(job));
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.underWay);
  }

  private track(work: Promise<void>): void {
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }

  private async publishAll(job: JobId, outputs: readonly PartsOfOutput[]): Promise<void> {
    const { jobs, countersOf, tell, logger } = this.options;
    try {
      const facts = mustKnow(jobs, job);
      await publishOutputs(facts, outputs, countersOf(job));
      logger.info({ job, output: facts.output }, 'the outputs were published');
      tell({ type: 'outputs-published', cause: 'the committer', job });
    } catch (error) {
      logger.error({ job, err: error }, 'the outputs could not be published');
      tell({ type: 'publish-failed', cause: 'the committer', job, message: textOf(error) });
    }
  }

  private async abortAll(job: JobId): Promise<void> {
    const { jobs, tell, logger } = this.options;
    try {
      await patiently(() => abortOutputs(mustKnow(jobs, job)));
    } catch (error) {
      // The job ends nevertheless: what is left is hidden, and the log says where.
      logger.error({ job, err: error }, 'the staging of a job could not be removed');
    }
    tell({ type: 'outputs-aborted', cause: 'the committer', job });
  }
}

/** By output id: outputs are numbered from 0. */
function committersOf({ id, name, overwrite, output }: PreparedJob): FileCommitter[] {
  return output.map(folder => new FileCommitter({ folder, job: id, name, overwrite }));
}

/** Parts are numbered in each folder by itself. */
function tokensOf(parts: readonly OutputPart[]): PartToken[] {
  const counts = new Map<string, number>();
  return parts.map(({ folder, token, bytes, records, sha256 }) => {
    const index = counts.get(folder ?? '') ?? 0;
    counts.set(folder ?? '', index + 1);
    return { index, path: token, bytes, records, sha256, ...(folder === undefined ? {} : { folder }) };
  });
}

/** A full or slow disk may recover: some errors are worth a second and a third try, a wrong state of the folders is not. */
async function patiently(work: () => Promise<void>): Promise<void> {
  for (let left = limits.publishAttemptsMax - 1; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (left === 0 || failureOf(error)?.code === 'E_OUTPUT_EXISTS') throw error;
      await new Promise(resolve => setTimeout(resolve, limits.retryDelayMs));
    }
  }
}

function mustKnow(jobs: LiveJobs, job: JobId): JobFacts {
  const facts = jobs.get(job);
  if (facts === null) throw new Error(`nothing is known of job ${job}`);
  return facts;
}

function failureOf(error: unknown): Failure | null {
  return error instanceof FailureError ? error.failure : null;
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, limits.failureMessageCharsMax);
}
