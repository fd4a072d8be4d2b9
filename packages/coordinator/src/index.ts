export type { CoordinatorOptions, RunningCoordinator } from './server/coordinator.ts';
export { startCoordinator } from './server/coordinator.ts';
export { JournalError } from './server/journal-error.ts';
