export type { InlineJob } from './run-inline.ts';
export { runInline } from './run-inline.ts';
