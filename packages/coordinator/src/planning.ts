// The door for those who run a job's tasks themselves, in one process, or only explain them: the coordinator's own planning and
// its way with outputs, so that all do the same.

export type { OutputsToPrepare, PreparedJob, PreparedOutputs } from './server/committer.ts';
export { abortOutputs, prepareOutputs, publishOutputs } from './server/committer.ts';
export { outputFolders } from './server/output-folders.ts';
export type { ItemsSpool, Source, Sources } from './server/plan-tasks.ts';
export { listSources, planTasks } from './server/plan-tasks.ts';
