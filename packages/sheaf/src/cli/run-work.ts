// What `sheaf run` does while its cluster starts, and then on it: the job is planned, submitted and followed.

import type { Cluster } from '@sheaf/cluster';
import type { JobStatus } from '@sheaf/protocol/messages';
import { CoordinatorClient } from '../submit/client.ts';
import { parseAddress } from '../submit/coordinator-address.ts';
import { putBlobs, uploadBlob } from '../submit/http.ts';
import { planJob, prepareSubmission } from '../submit/submission.ts';
import type { CommandContext } from './command-line.ts';
import type { ExplainOptions } from './explain-options.ts';
import { type FollowOptions, followJob, progressFor } from './follow-job.ts';
import { InterruptedError, unlessInterrupted } from './interrupt.ts';
import { type JobArguments, jobRequestOf } from './job-arguments.ts';
import type { JobPrints } from './job-prints.ts';
import { plural } from './quantities.ts';

export interface RunOptions extends JobArguments, ExplainOptions {
  readonly inline?: boolean;
  readonly workers?: number;
  readonly slots?: number;
  readonly json?: boolean;
}

interface RunWork {
  readonly file: string;
  readonly options: RunOptions;
  readonly context: CommandContext;
  readonly cluster: Cluster;
  readonly prints: JobPrints;
  readonly follow: FollowOptions;
  readonly interrupted: AbortSignal;
  /** The command ends, whether the work is done or not. */
  readonly over: AbortSignal;
}

/** The job's last status. Throws InterruptedError when the signal came before it was submitted. */
export async function submitAndFollow({ file, options, context, cluster, prints, follow, interrupted, over }: RunWork): Promise<JobStatus> {
  const { terminal, version } = context;
  const goOn = (): void => {
    if (interrupted.aborted) throw new InterruptedError();
  };
  const request = jobRequestOf(file, options, { terminal, directory: cluster.scratch });
  const plan = async () => {
    const job = await planJob(request);
    return { planned: job, ...(await prepareSubmission(job, request)) };
  };
  const { planned, submission, blobs } = await unlessInterrupted(plan(), { signal: interrupted, graceMs: 0 });
  if (follow.explainer) follow.explainer.outline = submission.outline ?? null;
  const files = putBlobs(cluster, blobs);
  const address = parseAddress(await cluster.url, null);
  const progress = progressFor(follow);
  prints.stages = planned.graph.stages;
  if (!follow.json) prints.say = text => progress.say(text);
  const client = new CoordinatorClient({ address, version, onContact: text => progress.say(text) });
  over.addEventListener('abort', () => client.close(), { once: true });
  try {
    await Promise.all(files.map(blob => uploadBlob(address, blob)));
    goOn();
    const job = await client.submit(submission);
    const cancel = (): void => {
      progress.say('cancelling');
      void client.cancel(job, `${interrupted.reason}`).catch(() => {});
    };
    if (interrupted.aborted) cancel();
    else interrupted.addEventListener('abort', cancel, { once: true });
    progress.say(`${submission.name} (${job}) on ${plural(cluster.workers.length, 'worker')}`);
    return await followJob(client, job, progress, follow);
  } finally {
    progress.end();
    client.close();
  }
}
