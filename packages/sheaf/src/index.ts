// What `import … from 'sheaf'` gives: the names of @sheaf/job, and what runs a job from any program.
export * from '@sheaf/job';
export { UsageError } from '@sheaf/protocol';
export { JobError } from './run/job-error.ts';
export type { RunResult } from './run/run.ts';
export { run } from './run/run.ts';
export type { AbortSignalLike, RunOptions } from './run/run-options.ts';
export { LostContactError } from './submit/lost-contact.ts';
