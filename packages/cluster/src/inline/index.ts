export type { InlineJob } from './inline-job.ts';
export { runInline } from './run-inline.ts';
