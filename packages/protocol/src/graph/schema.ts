// The stage graph as text from outside: read, checked field by field and against the limits, then as a whole (check.ts).
// What comes out of `parseGraph` may be planned and scheduled without another look.

import { z } from 'zod';
import { UsageError } from '../failures.ts';
import { limits } from '../limits.ts';
import { amount, exactly, list, longText, type Schema, shortText, whole } from '../messages/schema.ts';
import { checkGraph } from './check.ts';
import { memoryProblem } from './memory.ts';
import type {
  Column,
  Count,
  Edge,
  Fold,
  Format,
  FunctionRef,
  Input,
  KeyPart,
  Output,
  Select,
  Settings,
  Stage,
  StageGraph,
  Step,
} from './types.ts';

const columnsMax = 10_000;
const stepsMax = 1_000;
const pathsMax = 100_000;

const functionRef: Schema<FunctionRef> = exactly<FunctionRef>()(
  z.strictObject({
    role: z.enum([
      ...([
        'map',
        'flatMap',
        'mapEmit',
        'filter',
        'mapBatch',
        'key',
        'value',
        'fold',
        'group',
        'partition',
        'schema',
        'items',
        'broadcast',
      ] as const),
      ...(['setup', 'teardown', 'end'] as const),
    ]),
    index: whole,
    code: shortText,
  }),
);

const select: Schema<Select> = exactly<Select>()(
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('record') }),
    z.strictObject({ type: z.literal('column'), name: longText, said: functionRef.exactOptional() }),
    z.strictObject({ type: z.literal('item'), index: whole }),
    z.strictObject({ type: z.literal('constant'), value: z.union([longText, z.number(), z.boolean(), z.null()]) }),
    z.strictObject({ type: z.literal('none') }),
    z.strictObject({ type: z.literal('function'), function: functionRef }),
  ]),
);

const keyParts: z.ZodType<KeyPart[]> = list(exactly<KeyPart>()(z.strictObject({ select, desc: z.boolean() })), columnsMax);

const fold: Schema<Fold> = exactly<Fold>()(
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('function'), function: functionRef }),
    z.strictObject({ type: z.literal('built-in'), name: z.enum(['sum', 'min', 'max', 'count']) }),
    z.strictObject({
      type: z.literal('columns'),
      columns: z
        .array(z.strictObject({ name: longText, fold: z.enum(['sum', 'min', 'max', 'count', 'mean', 'variance']), of: select }))
        .max(columnsMax),
    }),
  ]),
);

const columns: z.ZodType<Column[] | null> = list(
  exactly<Column>()(
    z.strictObject({
      name: longText,
      type: z.enum(['text', 'number', 'integer', 'bigint', 'boolean', 'date', 'bytes']),
      optional: z.boolean(),
    }),
  ),
  columnsMax,
).nullable();

const plainValue = z.union([longText, z.number(), z.boolean()]);

const format: Schema<Format> = exactly<Format>()(
  z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('text'),
      unit: z.enum(['line', 'word', 'fields']),
      separator: longText.exactOptional(),
      matching: z.strictObject({ source: longText, flags: shortText }).exactOptional(),
    }),
    z.strictObject({
      type: z.literal('csv'),
      separator: shortText,
      header: z.union([z.boolean(), list(longText, columnsMax)]),
      multiline: z.boolean(),
      scanned: z.literal(true).exactOptional(),
      columns,
    }),
    z.strictObject({ type: z.literal('jsonl'), columns }),
    z.strictObject({ type: z.literal('file') }),
    z.strictObject({ type: z.literal('other'), name: shortText, options: z.record(z.string(), plainValue) }),
  ]),
);

const input: Schema<Input> = exactly<Input>()(
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('files'), paths: list(longText, pathsMax), format, schema: functionRef.nullable() }),
    z.strictObject({ type: z.literal('items'), items: functionRef, perTask: whole.nullable() }),
  ]),
);

const partitions = z.int().min(1).max(limits.partitionsMax);

const count: Schema<Count> = exactly<Count>()(
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('fixed'), count: partitions }),
    z.strictObject({
      type: z.literal('auto'),
      of: z.enum(['source', 'edges']),
      bytesPerTask: z.int().min(1),
      min: partitions,
      max: partitions,
      coalesceBytes: z.int().min(1).exactOptional(),
    }),
  ]),
);

const output: Schema<Output> = exactly<Output>()(
  z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('files'),
      folder: longText,
      format: z.enum(['text', 'jsonl', 'csv', 'other']),
      options: z.record(z.string(), z.union([plainValue, list(longText, columnsMax)])),
      folders: z.literal(true).exactOptional(),
    }),
    z.strictObject({ type: z.literal('answer'), name: shortText, gives: z.enum(['records', 'number']), bytesMax: whole }),
  ]),
);

const from = { from: whole };

const step: Schema<Step> = exactly<Step>()(
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('read'), input: whole, starts: whole.exactOptional(), scans: z.literal(true).exactOptional() }),
    z.strictObject({
      type: z.literal('receive'),
      edges: list(whole, limits.edgesMax),
      sides: list(whole, limits.edgesMax).exactOptional(),
    }),
    z.strictObject({ type: z.literal('load'), edge: whole, key: select.nullable(), give: functionRef.exactOptional() }),
    z.strictObject({
      ...from,
      type: z.literal('call'),
      function: functionRef,
      batch: z.int().min(1).exactOptional(),
      concurrency: z.int().min(1).exactOptional(),
      end: functionRef.exactOptional(),
    }),
    z.strictObject({
      ...from,
      type: z.literal('shape'),
      fields: z.array(z.strictObject({ name: longText, of: select })).max(columnsMax),
    }),
    z.strictObject({ ...from, type: z.literal('fold'), fold }),
    z.strictObject({ ...from, type: z.literal('group'), function: functionRef, end: functionRef.exactOptional() }),
    z.strictObject({ ...from, type: z.literal('pipe'), command: list(longText, limits.pipeArgumentsMax) }),
    z.strictObject({
      ...from,
      type: z.literal('join'),
      kind: z.enum(['inner', 'left', 'right', 'full', 'semi', 'anti', 'cogroup']),
      function: functionRef.exactOptional(),
    }),
    z.strictObject({
      ...from,
      ...{ type: z.literal('lookup'), table: whole, key: select, kind: z.enum(['inner', 'left', 'semi', 'anti']) },
      ...{ left: select.exactOptional(), right: select.exactOptional(), measured: whole.exactOptional() },
    }),
    z.strictObject({ ...from, type: z.literal('top'), count: whole, by: keyParts, perGroup: z.boolean() }),
    z.strictObject({ ...from, type: z.literal('sample'), edge: whole, to: whole }),
    z.strictObject({ ...from, type: z.literal('splitters'), stage: whole }),
    z.strictObject({ ...from, type: z.literal('emit'), edge: whole }),
    z.strictObject({ ...from, type: z.literal('write'), output: whole, folders: z.literal(true).exactOptional() }),
  ]),
);

const resources = z.strictObject({
  memoryMb: amount.exactOptional(),
  slots: amount.exactOptional(),
  labels: list(shortText, limits.labelsMax).exactOptional(),
});

const stage: Schema<Stage> = exactly<Stage>()(
  z.strictObject({
    name: shortText,
    tasks: z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('splits'), inputs: list(input, limits.edgesMax) }),
      z.strictObject({ type: z.literal('partitions'), count }),
    ]),
    outputs: list(whole, limits.edgesMax),
    resources: resources.exactOptional(),
    setup: functionRef.exactOptional(),
    teardown: functionRef.exactOptional(),
    steps: list(step, stepsMax),
  }),
);

const edge: Schema<Edge> = exactly<Edge>()(
  z.discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('shuffle'),
      from: whole,
      to: whole,
      shuffle: z.strictObject({
        key: keyParts,
        group: whole,
        value: select,
        combine: fold.nullable(),
        partitioner: z.discriminatedUnion('type', [
          z.strictObject({ type: z.literal('hash') }),
          z.strictObject({ type: z.literal('function'), function: functionRef }),
          z.strictObject({ type: z.literal('range'), splitters: whole }),
        ]),
      }),
    }),
    z.strictObject({ type: z.literal('broadcast'), from: whole, to: whole }),
  ]),
);

const between = (min: number, max: number): Schema<number> => z.int().min(min).max(max);

const settings: Schema<Settings> = exactly<Settings>()(
  z.strictObject({
    memoryMb: between(limits.memoryMbMin, limits.memoryMbMax),
    heapMb: between(limits.heapMbMin, limits.heapMbMax),
    splitMb: z.number().min(limits.splitMbMin).max(limits.splitMbMax),
    attempts: between(1, limits.attemptsMax),
    attemptsGiven: z.literal(true).exactOptional(),
    taskTimeoutMs: between(1, limits.taskTimeoutMsMax),
    infrastructureAttempts: between(1, limits.attemptsMax),
  }),
);

const stageGraph: Schema<StageGraph> = exactly<StageGraph>()(
  z.strictObject({
    version: z.literal(1),
    job: shortText,
    stages: z.array(stage).min(1).max(limits.stagesMax),
    edges: list(edge, limits.edgesMax),
    outputs: list(output, limits.edgesMax),
    settings,
    onError: z.strictObject({ maxCount: whole.nullable(), maxRatio: amount.nullable(), deadLetter: whole }).nullable(),
  }),
);

/** Reads the JSON text of a graph. Throws UsageError at the first thing that is wrong with it. */
export function parseGraph(text: string): StageGraph {
  if (text.length > limits.graphBytesMax)
    throw new UsageError(`the stage graph takes ${text.length} bytes, more than ${limits.graphBytesMax}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError('the stage graph is no JSON', { cause: error });
  }
  // Once a job: without the code that zod would make for it.
  const parsed = stageGraph.safeParse(value, { jitless: true });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UsageError(`the stage graph is malformed at ${issue?.path.map(String).join('.') || 'its top'}: ${issue?.message}`);
  }
  try {
    checkGraph(parsed.data);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const problem = memoryProblem(parsed.data);
  if (problem !== null) throw new UsageError(problem.text);
  return parsed.data;
}
