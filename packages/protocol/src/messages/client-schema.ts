// Schemas of client.ts. The coordinator checks a client's messages, and the client the coordinator's.

import { z } from 'zod';
import { limits } from '../limits.ts';
import type { ClientMessage, JobNote, JobStatus, ServerMessage, StageStatus, Submission } from './client.ts';
import { outlineSchema, stageMeasures } from './outline-schema.ts';
import {
  amount,
  bytes,
  exactly,
  filePath,
  graphText,
  jobId,
  list,
  longText,
  named,
  type Schema,
  sha256,
  shortText,
  whole,
} from './schema.ts';
import { failureSchema } from './task-schema.ts';

const submission: Schema<Submission> = exactly<Submission>()(
  z.strictObject({
    job: jobId,
    name: shortText,
    bundle: sha256,
    sourceMap: sha256.nullable(),
    graph: graphText,
    params: bytes(limits.paramsBytesMax),
    cwd: filePath,
    overwrite: z.boolean(),
    spools: named(z.strictObject({ sha256, items: whole, bytes: whole }), limits.edgesMax),
    files: named(z.strictObject({ sha256, bytes: whole }), limits.jobFilesMax).exactOptional(),
    outline: outlineSchema.exactOptional(),
  }),
);

export const clientMessageSchema: Schema<ClientMessage> = exactly<ClientMessage>()(
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('client-hello'), protocol: whole, version: shortText }),
    z.strictObject({ type: z.literal('submit'), request: whole, submission }),
    z.strictObject({ type: z.literal('cancel'), request: whole, job: jobId, reason: longText }),
    z.strictObject({ type: z.literal('watch'), request: whole, job: jobId }),
  ]),
);

const stageStatus: Schema<StageStatus> = exactly<StageStatus>()(
  z.strictObject({
    name: shortText,
    total: whole.nullable(),
    done: whole,
    running: whole,
    failed: whole,
    records: whole,
    bytes: whole,
    measured: stageMeasures.exactOptional(),
  }),
);

const jobStatus: Schema<JobStatus> = exactly<JobStatus>()(
  z.strictObject({
    id: jobId,
    name: shortText,
    state: z.enum(['queued', 'running', 'committing', 'succeeded', 'failed', 'cancelled']),
    stages: list(stageStatus, limits.stagesMax),
    counters: named(z.number(), limits.countersPerJobMax + 20 * limits.stagesMax),
    output: list(filePath, limits.edgesMax),
    skipped: z.strictObject({ records: whole, deadLetters: filePath }).exactOptional(),
    answers: named(
      z.strictObject({ gives: z.enum(['records', 'number']), records: bytes(limits.answerBytesMax + 16) }),
      limits.edgesMax,
    ).exactOptional(),
    error: failureSchema.nullable(),
    submittedAt: amount,
    startedAt: amount.nullable(),
    endedAt: amount.nullable(),
  }),
);

const jobNote: Schema<JobNote> = exactly<JobNote>()(
  z.strictObject({
    at: amount,
    kind: z.enum(['attempt-failed', 'worker-lost', 'task-reassigned', 'output-lost', 'adopted', 'committing']),
    text: longText,
    failure: failureSchema.nullable(),
  }),
);

export const serverMessageSchema: Schema<ServerMessage> = exactly<ServerMessage>()(
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('client-welcome'), epoch: whole, version: shortText }),
    z.strictObject({ type: z.literal('refused'), code: shortText, message: longText, retry: z.boolean() }),
    z.strictObject({ type: z.literal('submitted'), request: whole, job: jobId }),
    z.strictObject({
      type: z.literal('rejected'),
      request: whole,
      kind: z.enum(['usage', 'failed', 'unknown-job']),
      failure: failureSchema,
    }),
    z.strictObject({ type: z.literal('status'), request: whole, status: jobStatus }),
    z.strictObject({ type: z.literal('note'), request: whole, note: jobNote }),
  ]),
);
