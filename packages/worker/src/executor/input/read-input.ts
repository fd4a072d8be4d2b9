// The input of a task of splits: the files or items of its split, through the decoder of their format into the steps.

import { limits } from '@sheaf/protocol';
import type { EdgeId, Format, Input } from '@sheaf/protocol/graph';
import { type BadRecord, type EachBytes, type EachLine, LineDecoder, makeDecoder, type Position } from '@sheaf/storage';
import { instantiate } from '../../kernels/instantiate.ts';
import type { EdgeWriter } from '../shuffle/edge-writer.ts';
import { type Skipping, unlessEnough } from '../skipping/skipping.ts';
import type { Push } from '../steps/step-calls.ts';
import type { StepChain } from '../steps/step-chain.ts';
import type { WaitingSteps } from '../steps/waiting-steps.ts';
import type { TaskLayout } from '../task-layout.ts';
import type { TaskParts } from '../task-parts.ts';
import { CountedWords } from './counted-words.ts';
import { giveRows } from './csv-rows.ts';
import type { InputCounts } from './input-counts.ts';
import { QuoteStarts, scanPieces } from './quote-starts.ts';
import { readItems } from './read-items.ts';
import { SplitReader } from './read-split.ts';
import { TakenLines } from './taken-lines.ts';

export async function readInput(run: TaskParts, layout: TaskLayout, chain: StepChain): Promise<InputCounts> {
  const { tasks } = run.stage;
  const { split } = run.assignment;
  if (tasks.type !== 'splits' || split === null || layout.window === null) throw new Error('a task of splits was given no split');
  const input = tasks.inputs[split.input] as Input;
  const { at: source, step } = chain.source();
  if (input.type === 'items') return readItems(run, split, { push: chain.out(source), waits: chain.waits() });
  if (step.type === 'read' && step.scans === true) return scanInput(run, layout, { input, push: chain.out(source) });
  // What may have to be skipped is a record, not bytes.
  const edge = run.skipping === null ? onlyEdgeOf(run, chain, source) : null;
  const pushes = { push: chain.out(source), pushBytes: edge?.addText ?? null, pushLine: edge?.addLine ?? null, edge };
  const starts = step.type === 'read' && step.starts !== undefined ? quoteStartsOf(run, step.starts) : null;
  return readFiles(run, layout, { input, ...pushes, waits: chain.waits(), starts });
}

/** No record is read: what is told of the pieces is for the tasks that read them. */
function scanInput(run: TaskParts, { window }: TaskLayout, { input, push }: Pick<FilesInput, 'input' | 'push'>): InputCounts {
  const { progress, job, skipping } = run;
  const { split } = run.assignment;
  if (split === null || window === null) throw new Error('a task of files was given no split');
  const each = skipping === null ? push : skipping.guard(push);
  scanPieces({ ...split, format: input.format, memory: job.memory, window, push: each, progress });
  return { records: 0, bytes: progress.bytes, groups: 0, invalidUtf8: 0 };
}

function quoteStartsOf({ stage, lists }: TaskParts, starts: EdgeId): QuoteStarts {
  const load = stage.steps.findIndex(step => step.type === 'load' && step.edge === starts);
  return new QuoteStarts(lists.get(load) ?? []);
}

interface FilesInput {
  readonly input: Extract<Input, { readonly type: 'files' }>;
  readonly push: Push;
  readonly pushBytes: EachBytes | null;
  readonly pushLine: EachLine | null;
  /** The edge that all records are sent on. */
  readonly edge: EdgeWriter | null;
  readonly waits: WaitingSteps | null;
  /** Of a csv whose quotes were scanned. */
  readonly starts: QuoteStarts | null;
}

async function readFiles(run: TaskParts, layout: TaskLayout, files: FilesInput): Promise<InputCounts> {
  const { progress, where, job, skipping } = run;
  const { input, push, pushBytes, pushLine, edge, waits, starts } = files;
  const { split } = run.assignment;
  const { recordBytesMax, window } = layout;
  if (split === null || window === null) throw new Error('a task of files was given no split');
  const validate = input.schema === null ? {} : { validate: job.functions[input.schema.index] as (raw: unknown) => unknown };
  const refused = skipping === null ? {} : { refused: (error: BadRecord) => skipping.refused(error) };
  const decoder = makeDecoder(input.format, { ...validate, recordBytesMax, ...refused });
  if (edge !== null) giveRows(decoder, { input, edge, job, recordBytesMax, progress });
  if (edge?.texts && decoder instanceof LineDecoder) decoder.giveWords(new CountedWords(job.memory, edge.texts, progress));
  if (edge?.lines && decoder instanceof LineDecoder) decoder.giveLines(new TakenLines(job.memory, edge.lines, progress));
  const { position } = decoder;
  const each = instantiate(eachKernel)(skipping === null ? push : skipping.guard(push), position, where, progress);
  const eachBytes = pushBytes === null ? null : instantiate(eachBytesKernel)(pushBytes, progress);
  const eachLine = pushLine === null ? null : instantiate(eachLineKernel)(pushLine, position, where, progress);
  const countsLines = skipping !== null;
  const reader = new SplitReader({ memory: job.memory, window, decoder, each, eachBytes, eachLine, progress, waits, starts, countsLines });
  run.describe = () => ({ file: position.file, offset: position.offset, preview: reader.preview() });
  if (skipping !== null) skipping.place = record => placeOf(record, { position, reader, format: input.format });
  await unlessEnough(reader.read(split.files, split.pieces));
  return { records: progress.records, bytes: progress.bytes, groups: 0, invalidUtf8: decoder.invalidUtf8 };
}

interface Read {
  readonly position: Position;
  readonly reader: SplitReader;
  readonly format: Format;
}

/** Of a word its line is not the record: several may be bad. */
function placeOf(record: unknown, { position, reader, format }: Read): ReturnType<Skipping['place']> {
  const { file, offset } = position;
  const charsMax = limits.deadLetterRecordChars;
  const text = format.type === 'text' && typeof record === 'string' ? record.slice(0, charsMax) : reader.preview(charsMax);
  return { file, offset, line: reader.line(), record: text };
}

interface Moving {
  readonly file: string;
  readonly offset: number;
  readonly record: number;
}

/** Moves the user's `where` along with the decoder's position. */
function eachKernel(
  push: Push,
  position: Moving,
  where: { file: string; offset: number; record: number },
  progress: { tick(): void },
): Push {
  return record => {
    where.file = position.file;
    where.offset = position.offset;
    where.record = position.record;
    push(record);
    progress.tick();
  };
}

function eachLineKernel(
  push: EachLine,
  position: Moving,
  where: { file: string; offset: number; record: number },
  progress: { tick(): void },
): EachLine {
  return (line, from, to) => {
    where.file = position.file;
    where.offset = position.offset;
    where.record = position.record;
    push(line, from, to);
    progress.tick();
  };
}

function eachBytesKernel(push: EachBytes, progress: { tick(): void }): EachBytes {
  return (from, to) => {
    push(from, to);
    progress.tick();
  };
}

/** The edge that all records are sent on as they are read, when that is all that happens to them: then their bytes may do. */
function onlyEdgeOf(run: TaskParts, chain: StepChain, source: number): EdgeWriter | null {
  const { steps } = run.stage;
  const takers = chain.takersOf(source).map(at => steps[at]);
  let only: EdgeWriter | null = null;
  for (const step of takers) {
    if (step?.type === 'sample') continue;
    if (step?.type !== 'emit' || only !== null) return null;
    only = run.edgeWriter(step.edge);
  }
  return only;
}
