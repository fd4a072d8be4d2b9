// What a submission becomes before its first task: the graph checked, inputs listed and cut into splits, tasks counted, output
// folders checked and their staging made. No user code runs here. What is wrong is thrown, and then nothing is left behind.

import { limits, UsageError } from '@sheaf/protocol';
import { parseGraph } from '@sheaf/protocol/graph-text';
import { fileBlobName, type JobOpening, type Submission } from '@sheaf/protocol/messages';
import type { JobFacts } from '../scheduler/index.ts';
import type { BlobStore } from './blobs.ts';
import { now } from './clock.ts';
import { abortOutputs, prepareOutputs } from './committer.ts';
import type { LiveJobs } from './live-jobs.ts';
import { outputFolders } from './output-folders.ts';
import { type ItemsSpool, listSources, planTasks, type Sources } from './plan-tasks.ts';
import type { Planner } from './submissions.ts';

export class JobPlanner implements Planner {
  private readonly blobs: BlobStore;
  private readonly jobs: LiveJobs;

  constructor(blobs: BlobStore, jobs: LiveJobs) {
    this.blobs = blobs;
    this.jobs = jobs;
  }

  mustNotWrite(folders: readonly string[]): void {
    this.jobs.mustNotWrite(folders);
  }

  async plan(submission: Submission): Promise<JobFacts> {
    const graph = parseGraph(submission.graph);
    await this.claimBlobs(submission);
    const spoolOf = (stage: number, input: number): ItemsSpool => itemsSpool(submission, `${stage}.${input}`);
    const sources = await listSources(graph, { cwd: submission.cwd, spoolOf });
    const plan = planTasks(graph, sources);
    const folders = outputFolders(graph, submission.cwd);
    this.mustNotWrite([...folders.values()]);
    const { job, name, overwrite, bundle, sourceMap, outline } = submission;
    const prepared = await prepareOutputs({ job, name, overwrite, folders, inputs: inputPaths(sources), cwd: submission.cwd });
    const spools = Object.entries(submission.spools).map(([stageInput, { sha256 }]) => [stageInput, sha256]);
    const files = Object.entries(submission.files ?? {}).map(([name, { sha256 }]) => [fileBlobName(name), sha256]);
    const blobs = Object.fromEntries([...spools, ...files]) as JobOpening['blobs'];
    return {
      ...{ id: job, name, plan, overwrite, staging: prepared.staging, output: [...folders.values()] },
      opening: {
        ...{ job, name, bundle, sourceMap, graphHash: plan.graphHash, graph: submission.graph, params: submission.params, blobs },
        nonces: prepared.nonces,
      },
      attemptsGiven: graph.settings.attemptsGiven === true,
      ...(outline === undefined ? {} : { outline: JSON.stringify(outline) }),
      submittedAt: now(),
    };
  }

  async discard(facts: JobFacts): Promise<void> {
    await abortOutputs(facts);
  }

  private async claimBlobs({ bundle, sourceMap, spools, files = {} }: Submission): Promise<void> {
    const bundleBytes = await this.mustHave(bundle, 'the bundle');
    const mapBytes = sourceMap === null ? 0 : await this.mustHave(sourceMap, 'the source map of the bundle');
    if (Math.max(bundleBytes, mapBytes) > limits.bundleBytesMax) {
      throw new UsageError(
        `the bundle of the job takes more than ${limits.bundleBytesMax} bytes; read large data as an input instead of importing it`,
      );
    }
    for (const [stageInput, { sha256, bytes }] of Object.entries(spools)) {
      if ((await this.mustHave(sha256, `the spool of input ${stageInput}`)) !== bytes)
        throw new UsageError(`the spool of input ${stageInput} has another size`);
    }
    for (const [name, { sha256, bytes }] of Object.entries(files)) {
      if ((await this.mustHave(sha256, `the file '${name}'`)) !== bytes) throw new UsageError(`the file '${name}' has another size`);
    }
  }

  private async mustHave(sha256: string, what: string): Promise<number> {
    const bytes = await this.blobs.claim(sha256);
    if (bytes === null) throw new UsageError(`${what} was not uploaded (${sha256}); upload it and submit again`);
    return bytes;
  }
}

/** A spool has no path of its own: workers fetch it by its hash. */
function itemsSpool({ spools }: Submission, stageInput: string): ItemsSpool {
  const spool = spools[stageInput];
  if (spool === undefined) throw new UsageError(`the items of input ${stageInput} were not uploaded`);
  return { items: spool.items, file: { path: `/blobs/${spool.sha256}`, size: spool.bytes, modifiedMs: 0, packed: null } };
}

function* inputPaths(sources: Sources): Generator<string> {
  for (const { listed, files } of [...sources.values()].flat()) if (listed.type === 'files') for (const { path } of files) yield path;
}
