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
export type { ItemSplits, ListedFile, Piece, Split, Splits, TaskPlan } from './plan.ts';
export { countSplits, isItemSplits, partitionCount, sourcesOf, splitAt } from './plan.ts';
export { isReadInGroups, runOf, runsOutOf } from './shared-runs.ts';
export * from './types.ts';
