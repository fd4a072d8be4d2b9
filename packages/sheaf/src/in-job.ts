// What `import … from 'sheaf'` is inside the bundle of a job: the same names as in a program, without what runs jobs, so that
// bundles stay small. A program that is loaded for its job stops at its first `run`.

export * from '@sheaf/job';
export { runInBundle as run } from '@sheaf/job/open';
export { UsageError } from '@sheaf/protocol';
export { JobError } from './run/job-error.ts';
export { LostContactError } from './submit/lost-contact.ts';
