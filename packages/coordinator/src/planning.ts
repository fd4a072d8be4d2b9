// The door for whoever runs or explains a job's tasks without a coordinator: they list, cut, count, stage and publish as a
// coordinator would.

export type { OutputsToPrepare, PreparedJob, PreparedOutputs } from './server/committer.ts';
export { abortOutputs, prepareOutputs, publishOutputs } from './server/committer.ts';
export { outputFolders } from './server/output-folders.ts';
export type { ItemsSpool, ListingOptions, Source, Sources } from './server/plan-tasks.ts';
export { graphHashOf, listSources, planTasks } from './server/plan-tasks.ts';
