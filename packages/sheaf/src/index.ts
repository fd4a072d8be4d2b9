export { UsageError } from '@sheaf/protocol';
export type { StageGraph } from '@sheaf/protocol/graph';
