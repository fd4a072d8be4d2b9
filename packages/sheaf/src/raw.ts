// The internal door `sheaf/raw`, for job files of our own tests and benchmarks: a stage graph written by hand.

export type { RawJob } from '@sheaf/job/raw';
export { rawJob } from '@sheaf/job/raw';
