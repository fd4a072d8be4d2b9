// DuckDB and Dask, both from Python.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandIn, outputOf, type PeerJob, saidOf } from './peer-job.ts';

const cores = 2;

/** A Python that has the module: the one in the folder with the peers, or the machine's. */
export function findPython(folder: string, module: string): string | null {
  const own = join(folder, 'py/bin/python');
  const pythons = [...(existsSync(own) ? [own] : []), 'python3'];
  return pythons.find(python => spawnSync(python, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0) ?? null;
}

/** The jobs of duckdb_jobs.py: each writes one file. */
export function duckdbJobs(python: string, script: string): PeerJob {
  return (job, inputs): CommandIn =>
    scratch => ({
      line: [python, script, job, String(cores), join(scratch, 'duckdb'), outputOf(scratch), ...inputs],
      output: saidOf(scratch),
      environment: { TMPDIR: scratch },
    });
}

/** The word count of dask_word_count.py. */
export function daskJobs(python: string, script: string): PeerJob {
  return (_, [input = '']): CommandIn =>
    scratch => {
      mkdirSync(outputOf(scratch));
      return {
        line: [python, script, input, outputOf(scratch), String(cores)],
        output: saidOf(scratch),
        environment: { TMPDIR: scratch, DASK_TEMPORARY_DIRECTORY: scratch },
      };
    };
}
