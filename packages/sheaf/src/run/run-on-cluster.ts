// `run` on workers: on a cluster of this machine that is started for the job and gone with it, or on a coordinator that is there.
// Workers load the file that makes the job, bundled as `sheaf run` bundles a job file.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MemberError, startCluster } from '@sheaf/cluster';
import { type Failure, limits } from '@sheaf/protocol';
import type { JobStatus } from '@sheaf/protocol/messages';
import manifest from '../../package.json' with { type: 'json' };
import { withTemporaryFolder } from '../cli/job-arguments.ts';
import { JobPrints } from '../cli/job-prints.ts';
import { CoordinatorClient } from '../submit/client.ts';
import { type CoordinatorAddress, parseAddress, readToken } from '../submit/coordinator-address.ts';
import { type Blob, putBlobs, uploadBlob } from '../submit/http.ts';
import { RejectedError } from '../submit/rejected-error.ts';
import { type JobRequest, type PlannedJob, prepareSubmission, type RawParams } from '../submit/submission.ts';
import { AbortedRun, onceAborted, unlessAborted } from './abort.ts';
import { definitionFile } from './definition-file.ts';
import { endedJob, failedText } from './ended.ts';
import type { Outcome, ProgramRun } from './outcome.ts';
import { planProgramJob } from './plan-program-job.ts';

/** How long a cancelled job may take to end before its caller is told all the same. */
const cancelGraceMs = 10_000;

/** Runs the job on workers. Throws UsageError before its first task, AbortedRun when the signal is aborted. */
export async function runOnCluster(run: ProgramRun): Promise<Outcome> {
  const { signal, coordinator } = run.options;
  try {
    const status = await (coordinator === undefined ? onOwnCluster(run) : onCoordinator(run, coordinator));
    return await endedJob(status, signal);
  } catch (error) {
    if (error instanceof RejectedError && error.kind === 'usage') return { type: 'usage', message: error.message };
    if (error instanceof RejectedError) return notRun(run, error.failure);
    if (error instanceof MemberError) return notRun(run, { code: 'E_INTERNAL', message: error.message });
    throw error;
  }
}

function notRun({ opened }: ProgramRun, failure: Failure): Outcome {
  return { type: 'not-succeeded', id: '', message: failedText(`${opened.name} failed`, failure), failure };
}

async function onOwnCluster(run: ProgramRun): Promise<JobStatus> {
  const prints = new JobPrints(text => void process.stderr.write(`${text}\n`));
  const cluster = startCluster({ cli: commandLineFile(), workers: run.options.workers, onPrinted: prints });
  try {
    const address = async () => parseAddress(await cluster.url, null);
    const planned = ({ graph }: PlannedJob): void => {
      prints.stages = graph.stages;
    };
    const work = submitAndWait({ run, directory: cluster.scratch, address, planned, put: blobs => putBlobs(cluster, blobs) });
    return await Promise.race([work, cluster.broken]);
  } finally {
    await cluster.stop();
    prints.end();
  }
}

async function onCoordinator(run: ProgramRun, coordinator: string): Promise<JobStatus> {
  const tokenFile = process.env.SHEAF_TOKEN_FILE ?? '';
  const address = parseAddress(coordinator, tokenFile === '' ? null : readToken(tokenFile));
  return withTemporaryFolder(directory =>
    submitAndWait({ run, directory, address: async () => address, planned: () => {}, put: blobs => blobs }),
  );
}

interface Work {
  readonly run: ProgramRun;
  /** For what planning writes. */
  readonly directory: string;
  readonly address: () => Promise<CoordinatorAddress>;
  readonly planned: (job: PlannedJob) => void;
  /** Puts blobs where the coordinator finds them, if it can, and gives those that are to be uploaded. */
  readonly put: (blobs: readonly Blob[]) => readonly Blob[];
}

/** The job's last status. Throws AbortedRun before it is accepted; afterwards an abort cancels it. */
async function submitAndWait({ run, directory, address, planned, put }: Work): Promise<JobStatus> {
  const { signal } = run.options;
  const prepare = async () => {
    const request = requestOf(run, directory);
    const job = await planProgramJob(request);
    planned(job);
    const { submission, blobs } = await prepareSubmission(job, request);
    return { submission, blobs: put(blobs), to: await address() };
  };
  const { submission, blobs, to } = await unlessAborted(prepare(), signal, 0);
  const client = new CoordinatorClient({ address: to, version: manifest.version, onContact: () => {} });
  let release = (): void => {};
  try {
    await unlessAborted(Promise.all(blobs.map(blob => uploadBlob(to, blob))), signal, 0);
    if (signal?.aborted === true) throw new AbortedRun();
    const job = await client.submit(submission);
    release = onceAborted(signal, () => void client.cancel(job, 'the signal of its caller was aborted').catch(() => {}));
    return await unlessAborted(client.watch(job, { status: () => {}, note: () => {} }), signal, cancelGraceMs);
  } finally {
    release();
    client.close();
  }
}

function requestOf({ opened, made, params, options }: ProgramRun, directory: string): JobRequest & { readonly job: string } {
  const { name } = opened;
  return {
    ...{ file: definitionFile(made, name), job: name, params: (params ?? {}) as RawParams },
    ...{ cwd: process.cwd(), overwrite: options.overwrite === true, directory },
  };
}

/** The program that members of a cluster are: beside this module where Sheaf is bundled, else the clone's own command. */
function commandLineFile(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const bundled = join(here, 'cli.cjs');
  return existsSync(bundled) ? bundled : join(here, '../../bin/sheaf.mjs');
}

/** A coordinator of one's own puts an aborted job in order before its grace is over. */
if (limits.shutdownMs > cancelGraceMs) throw new Error('limits disagree: a cancelled job is waited for as long as a cluster takes to end');
