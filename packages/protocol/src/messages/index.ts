export type { ClientMessage, JobNote, JobState, JobStatus, ServerMessage, StageStatus, Submission } from './client.ts';
export type { JoinedKeys, SentMeasure, Spread, StageMeasures } from './measures.ts';
export type { Outline, OutlinedEdge, OutlinedOperator, OutlinedStage } from './outline.ts';
export type { ChunkAnswer, ChunkRefusal, OutputChunk, OutputName } from './relay.ts';
export type {
  AssignedSplit,
  MapOutput,
  OutputLocation,
  OutputPart,
  PackPlace,
  TaskAssignment,
  TaskCounters,
  TaskResult,
} from './task.ts';
export { outputPath, packPath } from './task.ts';
export type {
  AttemptName,
  AttemptProgress,
  CoordinatorMessage,
  HeldAttempt,
  JobOpening,
  RelayMessage,
  RunningAttempt,
  WorkerMessage,
} from './worker.ts';
export { fileBlobName, nameOfFileBlob } from './worker.ts';
