// What Sheaf sees of a job: its name, its parameters checked, and its plan.

import type { CompiledJob } from './compiled-job.ts';
import type { Decided } from './decided.ts';
import type { JobFiles } from './files.ts';

export interface OpenedJob {
  readonly name: string;
  /** What travels with it: name → path, relative to the job file. */
  readonly files: JobFiles;
  /** Checks raw parameters against the job's schema. Throws UsageError that names each wrong parameter. Without a schema any parameter is one too many. */
  validate(raw: { readonly [name: string]: unknown }): Promise<unknown>;
  /** Runs `plan()`: same parameters and decisions, same graph. Throws UsageError for a mistake in the plan. */
  compile(params: unknown, decided?: Decided): CompiledJob;
}
