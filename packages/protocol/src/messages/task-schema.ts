// Schemas of task.ts and of failures: what a task is told, what it answers, and why it failed.

import { z } from 'zod';
import { type Failure, type FailureCode, failureCodes } from '../failures.ts';
import type { ListedFile, Piece } from '../graph/plan.ts';
import { limits } from '../limits.ts';
import { isPartFolder } from '../part-folder.ts';
import { joinedKeys, workCounters } from './outline-schema.ts';
import {
  amount,
  attemptId,
  bytes,
  exactly,
  filePath,
  hash128,
  hostAndPort,
  jobId,
  list,
  longText,
  named,
  numbered,
  type Schema,
  sha256,
  shortText,
  stackText,
  whole,
  wholes,
  workerId,
} from './schema.ts';
import type { AssignedSplit, MapOutput, OutputLocation, OutputPart, TaskAssignment, TaskCounters, TaskResult } from './task.ts';

const failureCode = z.custom<FailureCode>(value => typeof value === 'string' && Object.hasOwn(failureCodes, value), 'not a failure code');

const recordPlace = z.strictObject({
  file: longText.exactOptional(),
  offset: whole.exactOptional(),
  line: whole.exactOptional(),
  preview: longText.exactOptional(),
  key: longText.exactOptional(),
  valueIndex: whole.exactOptional(),
});

export const failureSchema: Schema<Failure> = exactly<Failure>()(
  z.strictObject({
    code: failureCode,
    message: longText,
    record: recordPlace.exactOptional(),
    lastSeen: z.strictObject({ records: whole, place: recordPlace.exactOptional() }).exactOptional(),
    stack: stackText.exactOptional(),
    lost: z.strictObject({ stage: whole, task: whole, attempt: shortText }).exactOptional(),
    from: z.strictObject({ attempt: shortText, worker: shortText }).exactOptional(),
  }),
);

const piece: Schema<Piece> = exactly<Piece>()(z.strictObject({ file: whole, from: whole, to: whole }));

const listedFile: Schema<ListedFile> = exactly<ListedFile>()(
  z.strictObject({ path: filePath, size: whole, modifiedMs: amount, packed: z.literal('gzip').nullable() }),
);

const assignedSplit: Schema<AssignedSplit> = exactly<AssignedSplit>()(
  z.strictObject({
    input: whole,
    files: list(listedFile, limits.filesPerPackMax),
    pieces: list(piece, limits.filesPerPackMax),
  }),
);

export const taskAssignmentSchema: Schema<TaskAssignment> = exactly<TaskAssignment>()(
  z.strictObject({
    job: jobId,
    stage: whole,
    task: whole,
    attempt: attemptId,
    number: whole,
    generation: whole,
    split: assignedSplit.nullable(),
    partitions: numbered(whole),
    reads: numbered(z.strictObject({ from: whole, to: whole })),
    producers: numbered(whole),
    counts: numbered(whole),
    staging: numbered(filePath),
  }),
);

export const mapOutputSchema: Schema<MapOutput> = exactly<MapOutput>()(
  z.strictObject({
    edge: whole,
    path: filePath,
    bytes: whole,
    records: whole,
    hash: hash128,
    partitionBytes: wholes(limits.partitionsMax),
    packed: z.strictObject({ pack: whole, at: whole }).exactOptional(),
  }),
);

const partFolder = z.custom<string>(isPartFolder, 'not a folder of parts');

const outputPart: Schema<OutputPart> = exactly<OutputPart>()(
  z.strictObject({
    output: whole,
    folder: partFolder.exactOptional(),
    token: filePath,
    answer: bytes(limits.answerBytesMax + 16).exactOptional(),
    bytes: whole,
    records: whole,
    sha256,
  }),
);

const taskCounters: Schema<TaskCounters> = exactly<TaskCounters>()(
  z.strictObject({
    ...workCounters,
    skippedRecords: whole,
    invalidUtf8: whole,
    user: named(z.number(), limits.countersPerJobMax),
  }),
);

export const taskResultSchema: Schema<TaskResult> = exactly<TaskResult>()(
  z.strictObject({
    outputs: list(mapOutputSchema, limits.edgesMax),
    parts: list(outputPart, limits.partsPerTaskMax),
    counters: taskCounters,
    firstSkipped: failureSchema.exactOptional(),
    joined: joinedKeys.exactOptional(),
    durationMs: amount,
    cpuMs: amount,
    peakRssBytes: whole,
  }),
);

export const outputLocationSchema: Schema<OutputLocation> = exactly<OutputLocation>()(
  z.strictObject({
    task: whole,
    attempt: attemptId,
    worker: workerId,
    address: hostAndPort.nullable(),
    host: shortText,
    path: filePath,
    at: whole.exactOptional(),
    bytes: whole,
    hash: hash128,
  }),
);
