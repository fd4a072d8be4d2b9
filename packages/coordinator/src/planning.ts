// The door for whoever runs or explains a job's tasks without a coordinator: they list, cut, count, stage and publish as a
// coordinator would.

export { coalesce, coalescingOf, stretchBytes } from './scheduler/coalesce.ts';
export { counterNames } from './scheduler/counter-table.ts';
export { jobCounters } from './scheduler/job-counters.ts';
export { type SkipSums, shownOutputs, tooManySkipped } from './scheduler/skip-limits.ts';
export { TaskMeasures } from './scheduler/task-measures.ts';
export type { OutputsToPrepare, PreparedJob, PreparedOutputs } from './server/committer.ts';
export { abortOutputs, prepareOutputs, publishOutputs } from './server/committer.ts';
export { outputFolders } from './server/output-folders.ts';
export type { ItemsSpool, ListingOptions, Source, Sources } from './server/plan-tasks.ts';
export { graphHashOf, listSources, planTasks } from './server/plan-tasks.ts';
