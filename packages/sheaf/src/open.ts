// The internal door `sheaf/open`: what the entry of a job's bundle calls on the job. Never imported by a job file.

export type { CompiledJob, OpenedJob } from '@sheaf/job/open';
export { openJob, openNamedJob } from '@sheaf/job/open';
