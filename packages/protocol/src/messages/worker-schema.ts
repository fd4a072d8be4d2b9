// Schemas of worker.ts. The coordinator checks a worker's messages, and the worker the coordinator's.

import { z } from 'zod';
import { limits } from '../limits.ts';
import type { ChunkAnswer } from './relay.ts';
import {
  amount,
  attemptId,
  bytes,
  exactly,
  filePath,
  graphText,
  hash128,
  hostAndPort,
  jobId,
  list,
  logText,
  longText,
  named,
  numbered,
  type Schema,
  sessionId,
  sha256,
  shortText,
  whole,
  workerId,
} from './schema.ts';
import { failureSchema, outputLocationSchema, taskAssignmentSchema, taskResultSchema } from './task-schema.ts';
import type { AttemptProgress, CoordinatorMessage, HeldAttempt, JobOpening, RunningAttempt, WorkerMessage } from './worker.ts';

const attemptName = { job: jobId, stage: whole, task: whole, attempt: attemptId };

const heldAttempt: Schema<HeldAttempt> = exactly<HeldAttempt>()(z.strictObject({ ...attemptName, hashes: numbered(hash128) }));

const runningAttempt: Schema<RunningAttempt> = exactly<RunningAttempt>()(
  z.strictObject({ ...attemptName, number: whole, generation: whole }),
);

const attemptProgress: Schema<AttemptProgress> = exactly<AttemptProgress>()(
  z.strictObject({ attempt: attemptId, records: whole, bytes: whole }),
);

const outputChunk = {
  output: z.strictObject({ job: jobId, edge: whole, task: whole, attempt: attemptId }),
  from: whole,
  length: z.int().min(1).max(limits.relayBytesMax),
};

const chunkAnswer: Schema<ChunkAnswer> = exactly<ChunkAnswer>()(
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('bytes'), outputBytes: whole, bytes: bytes(limits.relayBytesMax) }),
    z.strictObject({ type: z.literal('refused'), why: z.enum(['gone', 'busy', 'away', 'silent']) }),
  ]),
);

export const workerMessageSchema: Schema<WorkerMessage> = exactly<WorkerMessage>()(
  z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('hello'),
      protocol: whole,
      version: shortText,
      worker: workerId,
      host: shortText,
      pid: whole,
      slots: z.int().min(1).max(limits.slotsMax),
      labels: list(shortText, limits.labelsMax),
      address: hostAndPort.nullable(),
      directory: filePath,
      held: list(heldAttempt, limits.heldAttemptsMax),
      running: list(runningAttempt, limits.slotsMax),
    }),
    z.strictObject({ type: z.literal('heartbeat'), running: whole }),
    z.strictObject({ type: z.literal('progress'), attempts: list(attemptProgress, limits.slotsMax) }),
    z.strictObject({ type: z.literal('succeeded'), ...attemptName, result: taskResultSchema }),
    z.strictObject({ type: z.literal('failed'), ...attemptName, failure: failureSchema, durationMs: amount }),
    z.strictObject({ type: z.literal('job-opened'), job: jobId, failure: failureSchema.nullable() }),
    z.strictObject({ type: z.literal('draining') }),
    z.strictObject({ type: z.literal('log-lines'), request: whole, text: logText }),
    z.strictObject({ type: z.literal('fetch'), request: whole, worker: workerId, ...outputChunk }),
    z.strictObject({ type: z.literal('fetched'), request: whole, answer: chunkAnswer }),
  ]),
);

const jobOpening: Schema<JobOpening> = exactly<JobOpening>()(
  z.strictObject({
    job: jobId,
    name: shortText,
    bundle: sha256,
    sourceMap: sha256.nullable(),
    graphHash: sha256,
    graph: graphText,
    params: bytes(limits.paramsBytesMax),
    blobs: named(sha256, limits.edgesMax),
    nonces: list(z.strictObject({ path: filePath, text: shortText }), limits.edgesMax),
  }),
);

export const coordinatorMessageSchema: Schema<CoordinatorMessage> = exactly<CoordinatorMessage>()(
  z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('welcome'),
      session: sessionId,
      epoch: whole,
      keep: list(attemptId, limits.heldAttemptsMax),
      resume: list(attemptId, limits.slotsMax),
    }),
    z.strictObject({ type: z.literal('refused'), code: shortText, message: longText, retry: z.boolean() }),
    z.strictObject({ type: z.literal('open-job'), job: jobOpening }),
    z.strictObject({
      type: z.literal('locations'),
      job: jobId,
      edge: whole,
      entries: list(outputLocationSchema, limits.locationsPerMessageMax),
    }),
    z.strictObject({ type: z.literal('assign'), assignment: taskAssignmentSchema }),
    z.strictObject({ type: z.literal('accepted'), attempt: attemptId }),
    z.strictObject({ type: z.literal('cancel-attempt'), attempt: attemptId, reason: longText }),
    z.strictObject({ type: z.literal('release'), job: jobId, stages: list(whole, limits.stagesMax), upTo: attemptId }),
    z.strictObject({ type: z.literal('close-job'), job: jobId }),
    z.strictObject({ type: z.literal('read-log'), request: whole, attempt: attemptId, bytesMax: whole }),
    z.strictObject({ type: z.literal('fetch'), request: whole, ...outputChunk }),
    z.strictObject({ type: z.literal('fetched'), request: whole, answer: chunkAnswer }),
    z.strictObject({ type: z.literal('drain') }),
  ]),
);
