// Plans a program's job from the bundle that workers get, so that their plan is the same text. A program may run its job
// thousands of times: an unchanged bundle is loaded into this process once, as a module stays for the life of a process.

import { join } from 'node:path';
import type { OpenedJob } from '@sheaf/job/open';
import { bundleJob } from '../submit/bundler.ts';
import type { JobBundle } from '../submit/job-bundle.ts';
import { loadJob } from '../submit/load-job.ts';
import { type JobRequest, type PlannedJob, planLoadedJob } from '../submit/submission.ts';

interface Loaded {
  readonly job: OpenedJob;
  readonly bundlePath: string;
}

const loadedBundles = new Map<string, Promise<Loaded>>();

/** Bundles the file that makes the job, loads it as workers do and plans it. Throws UsageError. */
export async function planProgramJob(request: JobRequest & { readonly job: string }): Promise<PlannedJob> {
  const bundle = await bundleJob(request.file, { job: request.job });
  let loaded = loadedBundles.get(bundle.sha256);
  if (loaded === undefined) {
    loaded = load(bundle, request.directory);
    loadedBundles.set(bundle.sha256, loaded);
    loaded.catch(() => loadedBundles.delete(bundle.sha256));
  }
  return planLoadedJob({ bundle, ...(await loaded) }, request);
}

async function load(bundle: JobBundle, directory: string): Promise<Loaded> {
  return { job: await loadJob(bundle, directory), bundlePath: join(directory, `${bundle.sha256}.mjs`) };
}
