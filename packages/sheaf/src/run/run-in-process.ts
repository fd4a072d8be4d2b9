// `run(…, { inline: true })`: the job in the program's own process, with the functions as they are in it. Nothing is bundled, so
// what they capture is there, and breakpoints are where they were set.

import { join } from 'node:path';
import { runInline } from '@sheaf/cluster/inline';
import type { FailureError } from '@sheaf/protocol';
import type { JobStatus } from '@sheaf/protocol/messages';
import { TaskMemory } from '@sheaf/worker/executor';
import { withTemporaryFolder } from '../cli/job-arguments.ts';
import { logText } from '../cli/job-prints.ts';
import { compileDecided } from '../submit/compile-decided.ts';
import { writeItemSpools } from '../submit/item-spools.ts';
import { findJobFiles, pathsOfFiles } from '../submit/job-files.ts';
import { encodeParams, newJobId, type RawParams } from '../submit/submission.ts';
import { definitionFile, userPlace } from './definition-file.ts';
import { endedJob } from './ended.ts';
import type { Outcome, ProgramRun } from './outcome.ts';

/** Memories of runs that have ended, for the next of the same size; two runs at once never share one. */
const freeMemories = new Map<number, TaskMemory[]>();

/** Runs the job here. Throws UsageError before the first task, AbortedRun when the signal is aborted. */
export async function runInThisProcess(run: ProgramRun): Promise<Outcome> {
  const { signal } = run.options;
  let thrown: unknown;
  const status = await withTemporaryFolder(directory =>
    runHere(run, directory, error => {
      thrown = error.cause;
    }),
  );
  return endedJob(withPlace(status, thrown), signal, status.error?.code === 'E_USER_CODE' ? thrown : undefined);
}

async function runHere(
  { opened, made, params, options }: ProgramRun,
  directory: string,
  onFailure: (error: FailureError) => void,
): Promise<JobStatus> {
  const validated = await opened.validate((params ?? {}) as RawParams);
  const files = Object.keys(opened.files).length === 0 ? [] : await findJobFiles(opened.files, definitionFile(made, opened.name));
  const at = { cwd: process.cwd(), directory };
  const compiled = await compileDecided({
    job: opened,
    params: validated,
    encodedParams: () => encodeParams(validated),
    shipped: files,
    ...at,
  });
  const spools = await writeItemSpools(compiled, directory);
  const { memoryMb } = compiled.graph.settings;
  const memory = freeMemories.get(memoryMb)?.pop() ?? new TaskMemory(memoryMb);
  try {
    return await runInline({
      id: newJobId(),
      job: {
        ...compiled,
        ...{ name: opened.name, params: validated, memory, bundlePath: '', files: pathsOfFiles(files) },
        spools: Object.fromEntries(spools.map(spool => [spool.name, spool.path])),
      },
      cwd: process.cwd(),
      overwrite: options.overwrite === true,
      spools: Object.fromEntries(spools.map(spool => [spool.name, spool])),
      directory: join(directory, 'tasks'),
      log: (level, message, fields) => void process.stderr.write(`${logText(level, message, fields)}\n`),
      onFailure,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } finally {
    const free = freeMemories.get(memoryMb) ?? [];
    freeMemories.set(memoryMb, [...free, memory].slice(-memoriesKept));
  }
}

const memoriesKept = 2;

/** Frames of the program need no map of a bundle: the innermost one that is nobody else's is the place. */
function withPlace(status: JobStatus, thrown: unknown): JobStatus {
  const { error } = status;
  const place = thrown instanceof Error ? userPlace(thrown.stack ?? '') : null;
  return error === null || error.stack !== undefined || place === null ? status : { ...status, error: { ...error, stack: `at ${place}` } };
}
