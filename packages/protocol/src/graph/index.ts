export { canonical } from './canonical.ts';
export { checkGraph } from './check.ts';
export { sidesOf, takesGroups } from './check-steps.ts';
export { deadLettersOf } from './dead-letters.ts';
export {
  blockHeaderBytes,
  blockRawBytesMax,
  cursorBytes,
  cursorStateAt,
  edgeBytesMin,
  edgesBytesMin,
  fanInOf,
  inputBytesOf,
  memoryProblem,
  recordBytesMaxOf,
  runFlushBytes,
  runWriterBytes,
} from './memory.ts';
export type { ListedFile, Piece, Split, TaskPlan } from './plan.ts';
export { partitionCount, sourcesOf } from './plan.ts';
export { isReadInGroups, runOf, runsOutOf } from './shared-runs.ts';
export * from './types.ts';
