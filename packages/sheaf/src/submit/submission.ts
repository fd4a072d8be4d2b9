// From a job file and raw parameters to what a coordinator is sent: the bundle, the plan as a graph, the parameters as bytes.
// Everything that is the caller's mistake shows here, before any task runs, as a UsageError.

import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { CompiledJob, OpenedJob } from '@sheaf/job/open';
import { type JobId, jobIdOf, limits, UsageError } from '@sheaf/protocol';
import { canonical } from '@sheaf/protocol/graph';
import type { Submission } from '@sheaf/protocol/messages';
import { encodeValue } from '@sheaf/worker/value-codec';
import { outlineOf } from '../explain/outline.ts';
import { bundleJob } from './bundler.ts';
import { compileDecided } from './compile-decided.ts';
import type { Blob } from './http.ts';
import { type ItemSpool, writeItemSpools } from './item-spools.ts';
import type { JobBundle } from './job-bundle.ts';
import { findJobFiles, type JobFile } from './job-files.ts';
import { loadJob } from './load-job.ts';

/** Parameters before the job's schema has seen them. */
export interface RawParams {
  readonly [name: string]: unknown;
}

export interface JobRequest {
  readonly file: string;
  readonly params: RawParams;
  readonly cwd: string;
  readonly overwrite: boolean;
  /** An existing folder for what planning writes: the loaded bundle and the spools of items. */
  readonly directory: string;
}

/** A job whose plan is known. */
export interface PlannedJob extends CompiledJob {
  readonly name: string;
  readonly bundle: JobBundle;
  /** Where the bundle was imported from: what the job's stacks name. */
  readonly bundlePath: string;
  /** Validated. */
  readonly params: unknown;
  /** The files that travel with it. */
  readonly shipped: readonly JobFile[];
}

export interface PreparedSubmission {
  readonly submission: Submission;
  /** To be uploaded before the submission. */
  readonly blobs: readonly Blob[];
  readonly spools: readonly ItemSpool[];
}

/** A job id of now, with four characters of chance. */
export function newJobId(): JobId {
  const random = randomInt(36 ** 4).toString(36);
  return jobIdOf(Date.now(), random.padStart(4, '0'));
}

/** Bundles and loads the job file, checks the parameters and runs the plan. Throws UsageError. */
export async function planJob(request: JobRequest): Promise<PlannedJob> {
  const bundle = await bundleJob(request.file);
  const job = await loadJob(bundle, request.directory);
  return planLoadedJob({ bundle, job, bundlePath: join(request.directory, `${bundle.sha256}.mjs`) }, request);
}

/** Checks the parameters and runs the plan of a job that is loaded. Throws UsageError. */
export async function planLoadedJob(
  { bundle, job, bundlePath }: Pick<PlannedJob, 'bundle' | 'bundlePath'> & { readonly job: OpenedJob },
  request: JobRequest,
): Promise<PlannedJob> {
  const params = await job.validate(request.params);
  const shipped = await findJobFiles(job.files, bundle.file);
  const { cwd, directory } = request;
  const compiled = await compileDecided({ job, params, encodedParams: () => encodeParams(params), shipped, cwd, directory });
  return { name: job.name, bundle, bundlePath, params, ...compiled, shipped };
}

/** What the coordinator is sent for a planned job; its items are made and written down now. */
export async function prepareSubmission(job: PlannedJob, request: JobRequest): Promise<PreparedSubmission> {
  const { bundle, graph } = job;
  const spools = await writeItemSpools(job, request.directory);
  const submission: Submission = {
    job: newJobId(),
    name: job.name,
    bundle: bundle.sha256,
    sourceMap: bundle.sourceMapSha256,
    graph: canonical(graph),
    params: encodeParams(job.params),
    cwd: request.cwd,
    overwrite: request.overwrite,
    spools: Object.fromEntries(spools.map(({ name, sha256, items, bytes }) => [name, { sha256, items, bytes }])),
    ...(job.shipped.length === 0
      ? {}
      : { files: Object.fromEntries(job.shipped.map(({ name, sha256, bytes }) => [name, { sha256, bytes }])) }),
    outline: outlineOf(job),
  };
  const blobs: Blob[] = [
    { sha256: bundle.sha256, content: bundle.code },
    { sha256: bundle.sourceMapSha256, content: bundle.sourceMap },
    ...[...spools, ...job.shipped].map(({ sha256, path, bytes }) => ({ sha256, content: { path, bytes } })),
  ];
  return { submission, blobs, spools };
}

/** Parameters in the value codec, up to a limit. Throws UsageError for what it cannot carry. */
export function encodeParams(params: unknown): Uint8Array {
  const limit = limits.paramsBytesMax;
  const target = new Uint8Array(limit);
  let end: number;
  try {
    end = encodeValue(params, target, 0, limit);
  } catch (error) {
    throw new UsageError(`the parameters cannot be sent to workers: ${(error as Error).message}`, { cause: error });
  }
  if (end < 0) throw new UsageError(`the parameters take more than ${limit} bytes; put large data into an input file`);
  return target.slice(0, end);
}
