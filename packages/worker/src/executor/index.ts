export { TaskMemory } from '../data/memory.ts';
export type { LoadedJob } from './loaded-job.ts';
export { graphHashOf, loadJob } from './loaded-job.ts';
export { localOutputs } from './local-outputs.ts';
export type { ExecutorJob, ExecutorTask, FromExecutor, ToExecutor } from './messages.ts';
export { progressFd } from './messages.ts';
export type { TaskHost } from './run-task.ts';
export { runTask } from './run-task.ts';
