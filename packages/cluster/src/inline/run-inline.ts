// A job in this one process: the same plan, the same stages, the same bytes as on a cluster, without a coordinator or workers.
// For debugging: breakpoints and console work, and the first error ends the run as it is, without another attempt.

import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import {
  abortOutputs,
  listSources,
  outputFolders,
  type PreparedJob,
  planTasks,
  prepareOutputs,
  publishOutputs,
  shownOutputs,
} from '@sheaf/coordinator/planning';
import { type Failure, FailureError } from '@sheaf/protocol';
import type { JobState, JobStatus } from '@sheaf/protocol/messages';
import type { InlineJob } from './inline-job.ts';
import { InlineTasks } from './inline-tasks.ts';

/** Runs the job to its end: a failed job is a status, like on a cluster. Throws UsageError before the first task. */
export async function runInline(inline: InlineJob): Promise<JobStatus> {
  const { graph, name } = inline.job;
  const submittedAt = Date.now();
  const sources = await listSources(graph, { cwd: inline.cwd, spoolOf: (stage, input) => spoolOf(inline, `${stage}.${input}`) });
  const plan = planTasks(graph, sources);
  const folders = outputFolders(graph, inline.cwd);
  const inputs = [...sources.values()].flat().flatMap(({ listed, files }) => (listed.type === 'files' ? files.map(file => file.path) : []));
  const { id, overwrite, cwd } = inline;
  const { staging } = await prepareOutputs({ job: id, name, overwrite, folders, inputs, cwd });
  const prepared: PreparedJob = { id, name, overwrite, output: [...folders.values()] };
  const tasks = new InlineTasks({ inline, plan, staging, report: () => inline.onStatus?.(status('running', null)) });
  const startedAt = Date.now();
  const status = (state: JobState, error: Failure | null): JobStatus => ({
    id,
    name,
    state,
    stages: tasks.stages(),
    counters: tasks.counters(),
    ...shownOutputs(graph, prepared.output, tasks.skipped()),
    ...(state === 'succeeded' ? tasks.answers() : {}),
    error,
    submittedAt,
    startedAt,
    endedAt: state === 'running' ? null : Date.now(),
  });
  try {
    await mkdir(inline.directory, { recursive: true });
    await tasks.run();
    if (inline.signal?.aborted === true) {
      await abort(prepared, inline.log);
      return status('cancelled', null);
    }
    await publish(prepared, tasks);
    return status('succeeded', null);
  } catch (error) {
    await abort(prepared, inline.log);
    if (!(error instanceof FailureError)) throw error;
    inline.onFailure?.(error);
    return status('failed', error.failure);
  } finally {
    await rm(inline.directory, { recursive: true, force: true });
  }
}

async function publish(prepared: PreparedJob, tasks: InlineTasks): Promise<void> {
  try {
    await publishOutputs(prepared, tasks.parts(), tasks.counters());
  } catch (error) {
    if (error instanceof FailureError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new FailureError({ code: 'E_COMMIT_FAILED', message }, { cause: error });
  }
}

/** The job ends nevertheless: what is left is hidden, and the log says where. */
async function abort(prepared: PreparedJob, log: InlineJob['log']): Promise<void> {
  try {
    await abortOutputs(prepared);
  } catch (error) {
    log('warn', `the staging of a job could not be removed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function spoolOf(
  { spools }: InlineJob,
  name: string,
): { items: number; file: { path: string; size: number; modifiedMs: number; packed: null } } {
  const spool = spools[name];
  if (spool === undefined || !existsSync(spool.path)) throw new Error(`the items of input ${name} were not written`);
  return { items: spool.items, file: { path: spool.path, size: spool.bytes, modifiedMs: 0, packed: null } };
}
