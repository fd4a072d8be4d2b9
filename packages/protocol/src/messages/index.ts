export type { ClientMessage, JobNote, JobState, JobStatus, ServerMessage, StageStatus, Submission } from './client.ts';
export type { AssignedSplit, MapOutput, OutputLocation, OutputPart, TaskAssignment, TaskCounters, TaskResult } from './task.ts';
export type { AttemptProgress, CoordinatorMessage, HeldAttempt, JobOpening, WorkerMessage } from './worker.ts';
